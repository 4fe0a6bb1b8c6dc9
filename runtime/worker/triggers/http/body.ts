import { replay } from '../../../internals/node-readable.ts';
import type { App } from '../../process/app-context.ts';
import { BodyBudget, type BodyBounds } from './body-budget.ts';
import { createBytesReader } from './body-bytes.ts';
import { toBodyError } from './body-error.ts';
import { parseForm } from './body-form.ts';
import { parseJson } from './body-json.ts';
import { charsetOf, decoderOf } from './body-text.ts';
import { createXmlParse } from './body-xml.ts';
import type { HttpRequest } from './request.ts';
import type { HttpResponse } from './response.ts';
import { type BodyReader, createUploadReader } from './upload.ts';

/** Makes a value of the bytes of a body that is not empty; throws, or rejects, when it cannot. */
type Parse = (bytes: Buffer, contentType: string, bounds: BodyBounds) => unknown;

/**
 * Reads the bodies of an app's requests by their content type: JSON, forms (nested), multipart forms, XML and
 * text; anything else is a Buffer. An empty body is `{}`. What was read stays as `request.rawBody`, and the request
 * can be read once more. No body holds the event loop for long, whatever is in it. Rejects with `BODY_TOO_LARGE`,
 * `BODY_TOO_DEEP`, `BODY_INVALID`, `BODY_UNSUPPORTED`, `BODIES_BUSY` or, when the host cannot keep an upload, `INTERNAL`.
 */
export function createBodyReader(app: App, uploadDir?: string): BodyReader {
  const { requestBody: limit, bodyDepth: depth, memory } = app.settings.limits;
  const budget = new BodyBudget(memory, limit);
  const readBytes = createBytesReader(limit, budget);
  const parseXml = createXmlParse();
  const readUpload = createUploadReader(app, { uploadDir, budget });
  const read = async (request: HttpRequest, response: HttpResponse, parse: Parse, contentType: string): Promise<void> => {
    const bytes = await readBytes(request, response);
    request.rawBody = bytes;
    try {
      const bounds = { depth, take: (size: number) => budget.take(response, size), inTurn: budget.inTurn };
      const parsed: unknown = bytes.length === 0 ? {} : parse(bytes, contentType, bounds);
      request.body = parsed instanceof Promise ? await parsed : parsed;
    } catch (error) {
      throw toBodyError(error, limit);
    }
    replay(request, [bytes]);
  };
  return (request, response) => {
    const contentType = request.headers['content-type'] ?? '';
    const parse = parserOf(contentType, parseXml);
    return parse ? read(request, response, parse, contentType) : readUpload(request, response);
  };
}

/** Undefined: a multipart form. */
function parserOf(contentType: string, parseXml: Parse): Parse | undefined {
  const end = contentType.indexOf(';');
  const type = (end === -1 ? contentType : contentType.slice(0, end)).trim().toLowerCase();
  if (type === 'application/json' || type.endsWith('+json')) return parseJson;
  if (type === 'application/x-www-form-urlencoded') return parseForm;
  if (type === 'multipart/form-data') return undefined;
  if (type === 'text/xml' || type === 'application/xml' || (type.startsWith('application/') && type.endsWith('+xml'))) return parseXml;
  return type.startsWith('text/') ? parseText : (bytes) => bytes;
}

function parseText(bytes: Buffer, contentType: string): string {
  return decoderOf(charsetOf(contentType))(bytes);
}
