import { existsSync, realpathSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import sirv from 'sirv';

/** Answers with a file of the web app, or calls `next` when there is none for the request. */
export type FileListener = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

// Their names change with their content.
const hashed = /^\/assets\/.+-[A-Z\d]{8}\.[\w.]+$/;

/** Reads which files the folder has, once; without an `index.html` pages say how to build it. */
export function openFiles(dir: string): FileListener {
  if (!existsSync(join(dir, 'index.html'))) return answerUnbuilt;
  // A later build takes the folder's name: what is served stays what was read.
  const files = sirv(realpathSync(dir), {
    gzip: true,
    etag: true,
    setHeaders: (response, path) => {
      response.setHeader('Cache-Control', hashed.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  return (request, response, next) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return next();
    const path = pathOf(request);
    // Nobody needs a part of a file, and a range that makes no sense would throw.
    delete request.headers.range;
    response.once('pipe', (source: Readable) => tie(source, response));
    files(request, response, () => {
      if (!isPage(path)) return next();
      request.url = '/';
      files(request, response, next);
    });
  };
}

/** A file may be gone since the start, and a client while it reads: neither may throw or keep the file open. */
function tie(source: Readable, response: ServerResponse): void {
  source.once('error', () => response.destroy());
  response.once('close', () => source.destroy());
}

/** Whether the web app has a page there: a function's name may look like that of a file. */
function isPage(path: string): boolean {
  if (path.startsWith('/assets/')) return false;
  return path.startsWith('/f/') || !path.slice(path.lastIndexOf('/')).includes('.');
}

function pathOf(request: IncomingMessage): string {
  const [path = '/'] = (request.url ?? '/').split('?', 1);
  return path;
}

const answerUnbuilt: FileListener = (request, response, next) => {
  if ((request.method !== 'GET' && request.method !== 'HEAD') || !isPage(pathOf(request))) return next();
  response.writeHead(503, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' });
  response.end('The console has not been built. Run "npm run build" and restart the host. The API works under /v1.\n');
};
