import { z } from 'zod';
import { type ErrorCode, catalogue } from '../../kernel/errors.ts';
import { type AnswerBody, answers } from './responses.ts';
import { queries } from './query-string.ts';
import { requests } from './requests.ts';
import type { Answer, Route } from './route.ts';

type JsonSchema = z.core.JSONSchema.BaseSchema;

const pathParameters: Readonly<Record<string, { readonly description: string; readonly schema: JsonSchema }>> = {
  name: { description: 'A function name, URL-encoded: "/" is %2F.', schema: { type: 'string', minLength: 1, maxLength: 256 } },
  n: { description: 'A revision number.', schema: { type: 'integer', minimum: 1 } },
  id: { description: 'The id of a connection or crash report, from the list of them.', schema: { type: 'string' } },
};

/** Describes the routes as an OpenAPI 3.1 document. The schemas are the very ones that check the input. */
export function describeApi(routes: readonly Route[], version: string): AnswerBody<'OpenApi'> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method.toLowerCase()] = describeRoute(route);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Hearth control API',
      version,
      description: 'Publishes functions, runs them, and shows their logs, connections and crashes.',
    },
    security: [{ adminToken: [] }],
    paths,
    components: {
      securitySchemes: { adminToken: { type: 'http', scheme: 'bearer' } },
      schemas: { ...toSchemas(requests, 'input'), ...toSchemas(answers, 'output') },
    },
  };
}

function describeRoute(route: Route): Record<string, unknown> {
  const parameters = [...describePath(route.path), ...(route.query ? describeQuery(queries[route.query]) : [])];
  return {
    operationId: route.id,
    summary: route.summary,
    ...(route.open && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...describeBody(route.body ?? route.takes),
    responses: { ...describeAnswers(route.answers), ...describeErrors(errorsOf(route)) },
  };
}

function describeBody(name: keyof typeof requests | keyof typeof answers | undefined): Record<string, unknown> {
  return name ? { requestBody: { required: true, content: { 'application/json': { schema: reference(name) } } } } : {};
}

function describePath(path: string): unknown[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({ name, in: 'path', required: true, ...pathParameters[name] }));
}

function describeQuery(schema: z.ZodType): unknown[] {
  const { properties = {}, required = [] } = toJsonSchema(schema);
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...rest } = typeof property === 'boolean' ? {} : property;
    return { name, in: 'query', required: required.includes(name), ...(description && { description }), schema: rest };
  });
}

function describeAnswers(given: Readonly<Record<number, Answer>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(given).map(([status, { description, schema, type }]) => {
      if (schema) return [status, { description, content: { 'application/json': { schema: reference(schema) } } }];
      return [status, { description, ...(type && { content: { [type]: { schema: { type: 'string' } } } }) }];
    }),
  );
}

/** All error codes that a call can answer. */
function errorsOf(route: Route): readonly ErrorCode[] {
  const codes: ErrorCode[] = [];
  if (!route.open) codes.push('UNAUTHORIZED');
  if (route.path.includes('{name}')) codes.push('INVALID_NAME');
  if (route.query) codes.push('INVALID_QUERY');
  if (route.body) codes.push('INVALID_BODY', 'BODY_TOO_LARGE');
  return [...codes, ...(route.errors ?? []), 'INTERNAL'];
}

function describeErrors(codes: readonly ErrorCode[]): Record<string, unknown> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const { status } = catalogue[code];
    const known = byStatus.get(status);
    if (known) known.push(code);
    else byStatus.set(status, [code]);
  }
  return Object.fromEntries([...byStatus].map(([status, group]) => [status, describeError(group)]));
}

function describeError(codes: readonly ErrorCode[]): Record<string, unknown> {
  const narrowed = { type: 'object', properties: { error: { type: 'object', properties: { code: { enum: codes } } } } };
  return {
    description: codes.map((code) => `${code}: ${catalogue[code].message}`).join('\n\n'),
    ...(codes.includes('UNAUTHORIZED') && { headers: { 'WWW-Authenticate': { schema: { type: 'string' } } } }),
    content: { 'application/json': { schema: { allOf: [reference('Error'), narrowed] } } },
  };
}

function reference(name: keyof typeof requests | keyof typeof answers): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}

function toJsonSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input' });
}

/** The named schemas, which refer to each other by those names. */
function toSchemas(named: Readonly<Record<string, z.ZodType>>, io: 'input' | 'output'): Record<string, JsonSchema> {
  const registry = z.registry<{ id: string; description?: string }>();
  for (const [id, schema] of Object.entries(named)) {
    const description = schema.description;
    registry.add(schema, { id, ...(description !== undefined && { description }) });
  }
  const { schemas } = z.toJSONSchema(registry, { io, uri: (id) => `#/components/schemas/${id}`, override: tidy });
  return schemas;
}

// In OpenAPI `readOnly` says who may send a property, not whether our code may change an array; names stand in the document already.
function tidy({ jsonSchema }: { jsonSchema: JsonSchema }): void {
  delete jsonSchema.readOnly;
  delete jsonSchema.$id;
  delete jsonSchema.$schema;
}
