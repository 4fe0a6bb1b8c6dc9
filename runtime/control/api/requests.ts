import { z } from 'zod';

/** HTTP methods that a function can answer. */
export const httpMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

const noteLength = 2000;

const method = z.string().toUpperCase().pipe(z.enum(httpMethods));

const name = z.string().meta({ description: 'A function name.' });

const source = z
  .string()
  .refine(isWellFormed, 'contains half of a surrogate pair, which UTF-8 cannot store')
  .meta({ description: 'TypeScript.' });

const methods = z
  .array(method)
  .refine((list) => new Set(list).size === list.length, 'names a method twice')
  .nullable()
  .exactOptional()
  .meta({
    description: `HTTP methods the function accepts, from ${httpMethods.join(', ')}, in upper or lower case; null for all. If absent, they stay as they are; a new function accepts all.`,
  });

const note = z.string().max(noteLength).exactOptional().meta({ description: 'What changed, for the revision history.' });

const ifRevision = z
  .int()
  .min(0)
  .exactOptional()
  .meta({ description: 'The live revision the author saw, 0 for none; any other live revision is a conflict.' });

const onLoadError = z.enum(['refuse', 'keep']).exactOptional().meta({
  description:
    'What happens to code that throws when it is loaded. By default the change is refused; "keep" publishes it, reports the error, and evaluates the code again at each use until it loads.',
});

const edit = { source, methods, note, ifRevision };

const runRequest = z
  .strictObject({
    method: method.exactOptional().meta({ description: 'By default GET, or POST if there is a body.' }),
    query: z
      .union([z.string(), z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]))])
      .exactOptional()
      .meta({ description: 'A query string, or names and values.' }),
    headers: z.record(z.string(), z.string()).exactOptional(),
    body: z.unknown().exactOptional().meta({ description: 'A string is sent as is, anything else as JSON; null sends no body.' }),
    bodyEncoding: z
      .enum(['utf8', 'base64'])
      .exactOptional()
      .meta({ description: 'With base64, the body is a string of base64-encoded bytes.' }),
  })
  .refine(({ body, bodyEncoding }) => bodyEncoding !== 'base64' || (typeof body === 'string' && isBase64(body)), {
    path: ['body'],
    message: 'is not base64',
  });

/** The calls' JSON bodies; their input side is what the API's description shows. */
export const requests = {
  FunctionEdit: z.strictObject({ ...edit, onLoadError }),
  Rollback: z.strictObject({ revision: z.int().min(1), note, ifRevision, onLoadError }),
  Change: z.strictObject({
    functions: z.array(z.strictObject({ name, ...edit })).exactOptional(),
    deleted: z.array(name).exactOptional(),
    note,
    onLoadError,
  }),
  Run: z.strictObject({
    source: source.exactOptional().meta({ description: 'The draft to run; if absent, the live revision runs.' }),
    request: runRequest.exactOptional(),
  }),
  Check: z.strictObject({ functions: z.array(z.strictObject({ name, source })).min(1) }),
  Send: z
    .strictObject({ data: z.string(), encoding: z.enum(['utf8', 'base64']).exactOptional() })
    .refine((message) => message.encoding !== 'base64' || isBase64(message.data), { path: ['data'], message: 'is not base64' })
    .meta({ description: 'A text message, or a binary one if encoding is base64.' }),
} as const;

/** What a run's `request` is, as it comes. */
export type RunBody = z.infer<typeof runRequest>;

function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

// A pattern with a group would need a stack as deep as the data is long.
function isBase64(data: string): boolean {
  if (data.length % 4 !== 0 || /[^A-Za-z0-9+/=]/.test(data)) return false;
  const padding = data.indexOf('=');
  return padding === -1 || padding === data.length - 1 || (padding === data.length - 2 && data.endsWith('=='));
}
