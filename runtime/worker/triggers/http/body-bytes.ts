import bodyParser from 'body-parser';
import { keepReadable } from '../../../internals/node-readable.ts';
import { HearthError } from '../../../kernel/errors.ts';
import type { BodyBudget } from './body-budget.ts';
import { toBodyError } from './body-error.ts';
import { announcesMore, boundBody, discardBody } from './body-limit.ts';
import type { HttpRequest } from './request.ts';
import type { HttpResponse } from './response.ts';

/** Reads all of a body, inflated; rejects with a `HearthError`. An empty one has no bytes. */
export type BytesReader = (request: HttpRequest, response: HttpResponse) => Promise<Buffer>;

const nothing = Buffer.alloc(0);

export function createBytesReader(limit: number, budget: BodyBudget): BytesReader {
  const read = bodyParser.raw({ limit, type: () => true });
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
      try {
        budget.take(response, Number(request.headers['content-length'] ?? limit));
      } catch (error) {
        discardBody(request);
        refuse(error);
        return;
      }
      keepReadable(request);
      // body-parser answers only when the client has finished, however much it sends.
      const unwatch = boundBody(request, limit, () => refuse(new HearthError('BODY_TOO_LARGE', { limit })));
      read(request, response, (error?: unknown) => {
        unwatch();
        if (error !== undefined) refuse(error);
        else resolve(Buffer.isBuffer(request.body) ? request.body : nothing);
      });
    });
}
