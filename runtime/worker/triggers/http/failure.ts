import { STATUS_CODES } from 'node:http';
import { HearthError, messageOf } from '../../../kernel/errors.ts';
import type { App } from '../../process/app.ts';
import { replyError, replyFailure } from './reply.ts';
import type { HttpResponse } from './response.ts';

/** The error of the catalogue that was thrown, if it is one that a reply carries. Never throws. */
export function replyable(thrown: unknown): HearthError | undefined {
  try {
    return thrown instanceof HearthError && thrown.status > 0 ? thrown : undefined;
  } catch {
    // A proxy may throw when it is asked what it is.
    return undefined;
  }
}

/** Answers a throw: an error of the host's own with its code, anything else as Laf does, which says nothing about its cause. Never throws. */
export function replyThrown(response: HttpResponse, error: HearthError | undefined, requestId: string): void {
  try {
    if (error) replyError(response, error, requestId);
    else replyFailure(response, 500, { error: 'Internal Server Error', requestId });
  } catch {
    // The function has left the response in a state that nothing can be written to.
    response.destroy();
  }
}

/** Makes the listener that answers what fails in a response while it is being written, such as a file that is not there. */
export function createErrorListener(app: App): (this: HttpResponse, error: unknown) => void {
  return function answer(error) {
    const requestId = String(this.getHeader('request-id'));
    const status = clientStatus(error);
    if (status !== undefined && !this.headersSent) {
      replyFailure(this, status, { error: STATUS_CODES[status] ?? 'Refused', requestId });
      return;
    }
    const invocation = app.scope.getStore();
    app.counters.requestErrors++;
    if (invocation) app.failed(error, invocation);
    else app.log('error', `A response failed: ${messageOf(error)}`, { requestId });
    replyThrown(this, undefined, requestId);
  };
}

/** The status of an error that Express's members blame on the request. */
function clientStatus(error: unknown): number | undefined {
  try {
    const status: unknown = error instanceof Error ? Reflect.get(error, 'status') : undefined;
    return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
  } catch {
    return undefined;
  }
}
