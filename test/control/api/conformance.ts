import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Reply } from './client.ts';

type Json = Readonly<Record<string, unknown>>;

/** Holds answers against the document that the API serves. */
export interface Conformance {
  readonly document: Json;
  /** `PUT /v1/functions/{name} 201` for every described status. */
  readonly described: ReadonlySet<string>;
  /** What was answered so far, in the same form. */
  readonly seen: ReadonlySet<string>;
  /** Throws unless the answer is one that is described; what is no call must be answered with an error. */
  check(method: string, path: string, reply: Reply): void;
}

/** Takes an OpenAPI document; throws when one of its schemas is none. */
export function createConformance(given: unknown): Conformance {
  const document = objectAt(given);
  // Formats and the `example`-like keywords of OpenAPI are not JSON Schema's business.
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema(document, 'api');
  const paths = Object.entries(objectAt(document['paths'])).map(([path, operations]) => ({ path, operations: objectAt(operations) }));
  const described = new Set<string>();
  for (const { path, operations } of paths) {
    for (const [method, operation] of Object.entries(operations)) {
      for (const status of Object.keys(objectAt(objectAt(operation)['responses'])))
        described.add(`${method.toUpperCase()} ${path} ${status}`);
    }
  }
  const seen = new Set<string>();

  const validate = (pointer: readonly string[], body: unknown, what: string): void => {
    const fragment = pointer.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
    const check = ajv.compile({ $ref: `api#/${fragment}` });
    if (!check(body)) throw new Error(`${what} does not conform: ${ajv.errorsText(check.errors)} in ${JSON.stringify(body)}`);
  };

  return {
    document,
    described,
    seen,
    check(method, path, reply) {
      if (method === 'HEAD') return;
      const pathname = path.split('?', 1)[0] ?? '';
      const found = paths.find((one) => toPattern(one.path).test(pathname) && method.toLowerCase() in one.operations);
      if (!found) {
        validate(['components', 'schemas', 'Error'], reply.body, `${method} ${path}`);
        return;
      }
      const what = `${method} ${found.path} ${reply.status}`;
      if (!described.has(what)) throw new Error(`${what} is not described: ${reply.text}`);
      seen.add(what);
      const pointer = ['paths', found.path, method.toLowerCase(), 'responses', String(reply.status)];
      const type = reply.headers['content-type']?.split(';', 1)[0];
      const { content } = pointer.reduce<Json>((at, part) => objectAt(at[part]), document);
      if (content === undefined && reply.text === '') return;
      if (type === undefined || !(type in objectAt(content))) throw new Error(`${what} is described as another type than ${String(type)}`);
      validate([...pointer, 'content', type, 'schema'], type === 'application/json' ? reply.body : reply.text, what);
    },
  };
}

/** The object, or an error. */
export function objectAt(value: unknown): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`Not an object: ${JSON.stringify(value)}`);
  return Object.fromEntries(Object.entries(value));
}

// A name may be empty: that is an invalid name, not another path.
function toPattern(path: string): RegExp {
  return new RegExp(
    `^${path
      .replaceAll('.', '\\.')
      .replace('{name}', '[^/]*')
      .replace(/\{\w+\}/, '[^/]+')}$`,
  );
}
