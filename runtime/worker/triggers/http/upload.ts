import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import type { Writable } from 'node:stream';
import multer from 'multer';
import { HearthError, messageOf } from '../../../kernel/errors.ts';
import type { App } from '../../process/app-context.ts';
import { keepReadable, replay } from '../../../internals/node-readable.ts';
import type { BodyBudget } from './body-budget.ts';
import { toBodyError } from './body-error.ts';
import { announcesMore, boundBody, discardBody } from './body-limit.ts';
import type { HttpRequest } from './request.ts';
import { type HttpResponse, onceClosed } from './response.ts';

/** Sets `request.body`, and `request.files` if there are any; rejects with a `HearthError`. */
export type BodyReader = (request: HttpRequest, response: HttpResponse) => Promise<void>;

// Boundaries, part headers and a few fields beside a file that is just as large as a body may be.
const envelopeBytes = 64 * 1024;
const longestExtension = 64;
// Each file holds a descriptor while it is written, and a name like a[999999999] makes an array of that length.
const counts = { files: 256, fields: 1000, fieldNestingDepth: 32, fieldArrayIndexLimit: 1000 };

export interface UploadOptions {
  readonly uploadDir?: string | undefined;
  readonly budget: BodyBudget;
}

/**
 * Reads `multipart/form-data`: files go into a folder of the request's own below `uploadDir`, which is
 * removed with all that is in it when the response has closed.
 */
export function createUploadReader(app: App, { uploadDir = tmpdir(), budget }: UploadOptions): BodyReader {
  const limit = app.settings.limits.requestBody;
  return (request, response) => {
    if (announcesMore(request, limit + envelopeBytes)) {
      discardBody(request);
      return Promise.reject(new HearthError('BODY_TOO_LARGE', { limit }));
    }
    try {
      // Its bytes are kept for `rawBody`, beside the files.
      budget.take(response, Number(request.headers['content-length'] ?? limit));
    } catch (error) {
      discardBody(request);
      return Promise.reject(toBodyError(error, limit));
    }
    const folder = createFolder(uploadDir);
    onceClosed(response, () => {
      folder.remove().catch((error: unknown) => app.log('warn', `An upload could not be deleted: ${messageOf(error)}`));
    });
    return keepBytes(request, receive(request, response, { limit, path: () => folder.path() }));
  };
}

/** Gives a request, once it is received, the bytes that it came in. */
async function keepBytes(request: HttpRequest, received: Promise<void>): Promise<void> {
  const chunks: Buffer[] = [];
  const keep = (chunk: Buffer): void => void chunks.push(chunk);
  keepReadable(request);
  request.on('data', keep);
  await received;
  if (!request.readableEnded) await once(request, 'end');
  // multer and its parser listen on.
  for (const event of ['data', 'readable']) request.removeAllListeners(event);
  let bytes: Buffer | undefined;
  Object.defineProperty(request, 'rawBody', {
    get: () => (bytes ??= Buffer.concat(chunks)),
    set: (value: Buffer) => {
      bytes = value;
    },
    enumerable: true,
    configurable: true,
  });
  // Node emits the end within the turn of the loop in which this goes on.
  await new Promise((resolve) => setImmediate(resolve));
  replay(request, chunks);
}

interface Destination {
  readonly limit: number;
  readonly path: () => Promise<string>;
}

function receive(request: HttpRequest, response: HttpResponse, { limit, path }: Destination): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = {
      storage: multer.diskStorage({
        filename: (_request, file, answer) => answer(null, `${randomUUID()}${extensionOf(file.originalname)}`),
        destination: (_request, _file, answer) => {
          path().then(
            (made) => answer(null, made),
            (error: Error) => answer(error, ''),
          );
        },
      }),
      limits: { ...counts, fileSize: limit, fieldSize: limit },
      // Browsers send names in UTF-8 and say nowhere that they do.
      defParamCharset: 'utf8',
      streamHandler: (_request: unknown, parser: Writable) => {
        boundBody(request, limit + envelopeBytes, () => {
          const error = new HearthError('BODY_TOO_LARGE', { limit });
          reject(error);
          request.unpipe(parser);
          parser.destroy(error);
        });
        request.pipe(parser);
      },
    };
    const done = (error?: unknown): void => {
      if (error === undefined) resolve();
      else reject(toBodyError(error, limit));
    };
    // multer is typed for an Express application, but takes nothing of it.
    Reflect.apply(multer(options).any(), undefined, [request, response, done]);
  });
}

/** As in Laf, so that libraries know the type of the file; what no file name can hold is left out. */
function extensionOf(name: string): string {
  const extension = extname(name);
  return extension.length > longestExtension || extension.includes('\0') ? '' : extension;
}

/** A folder made at the first call of `path()`. */
function createFolder(parent: string): { path(): Promise<string>; remove(): Promise<void> } {
  let made: Promise<string> | undefined;
  const make = async (): Promise<string> => {
    await mkdir(parent, { recursive: true });
    return mkdtemp(join(parent, 'hearth-upload-'));
  };
  return {
    path: () => (made ??= make()),
    remove: async () => {
      // A file that was still being opened may appear while the folder is emptied.
      if (made) await rm(await made, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
