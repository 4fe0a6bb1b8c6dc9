import bodyParser from 'body-parser';
import { Parser } from 'xml2js';
import { HearthError } from '../../../kernel/errors.ts';
import type { App } from '../../process/app-context.ts';
import { toBodyError } from './body-error.ts';
import { announcesMore, boundBody, discardBody } from './body-limit.ts';
import { type BodyReader, createUploadReader } from './upload.ts';

type BodyKind = 'json' | 'form' | 'xml' | 'text' | 'bytes' | 'upload';
type Middleware = ReturnType<typeof bodyParser.raw>;

/**
 * Reads the bodies of an app's requests by their content type: JSON, forms (nested), multipart forms,
 * XML and text; anything else is a Buffer. An empty body is `{}`. Rejects with `BODY_TOO_LARGE`,
 * `BODY_INVALID`, `BODY_UNSUPPORTED` or, when the host cannot keep an upload, `INTERNAL`.
 */
export function createBodyReader(app: App, uploadDir?: string): BodyReader {
  const limit = app.settings.limits.requestBody;
  const options = { limit, type: () => true };
  const text = bodyParser.text(options);
  const readers: Record<BodyKind, BodyReader> = {
    json: readerOf(bodyParser.json({ ...options, strict: false }), limit),
    form: readerOf(bodyParser.urlencoded({ ...options, extended: true }), limit),
    xml: readerOf(text, limit, parseXml),
    text: readerOf(text, limit),
    bytes: readerOf(bodyParser.raw(options), limit),
    upload: createUploadReader(app, uploadDir),
  };
  return (request, response) => readers[bodyKind(request.headers['content-type'])](request, response);
}

function bodyKind(contentType = ''): BodyKind {
  const end = contentType.indexOf(';');
  const type = (end === -1 ? contentType : contentType.slice(0, end)).trim().toLowerCase();
  if (type === 'application/json' || type.endsWith('+json')) return 'json';
  if (type === 'application/x-www-form-urlencoded') return 'form';
  if (type === 'multipart/form-data') return 'upload';
  if (type === 'text/xml' || type === 'application/xml' || (type.startsWith('application/') && type.endsWith('+xml'))) return 'xml';
  return type.startsWith('text/') ? 'text' : 'bytes';
}

function readerOf(middleware: Middleware, limit: number, convert?: (text: unknown) => unknown): BodyReader {
  return (request, response) =>
    new Promise((resolve, reject) => {
      const refuse = (error: unknown): void => {
        reject(toBodyError(error, limit));
        request.resume();
      };
      if (announcesMore(request, limit)) {
        discardBody(request);
        refuse(new HearthError('BODY_TOO_LARGE', { limit }));
        return;
      }
      // body-parser answers only when the client has finished, however much it sends.
      boundBody(request, limit, () => refuse(new HearthError('BODY_TOO_LARGE', { limit })));
      middleware(request, response, (error?: unknown) => {
        if (error !== undefined) return refuse(error);
        try {
          request.body = isEmpty(request.body) ? {} : (convert?.(request.body) ?? request.body);
          resolve();
        } catch (failure) {
          refuse(failure);
        }
      });
    });
}

function isEmpty(body: unknown): boolean {
  return body === undefined || body === '' || (Buffer.isBuffer(body) && body.length === 0);
}

/** The options are those that Laf's functions know the result of. */
function parseXml(text: unknown): unknown {
  let result: unknown;
  let failure: unknown;
  const parser = new Parser({ async: false, explicitArray: true, normalize: true, normalizeTags: true, trim: true });
  parser.parseString(String(text), (error, value: unknown) => {
    failure ??= error;
    result = value;
  });
  if (failure) throw failure instanceof Error ? failure : new TypeError('not XML');
  return result ?? {};
}
