import { STATUS_CODES } from 'node:http';
import type { Calls } from '../../../kernel/calls/calls.ts';
import { messageOf } from '../../../kernel/errors.ts';
import { replyFailure, replyThrown } from './reply.ts';
import type { HttpResponse } from './response.ts';

/** Makes the listener that answers what fails in a response while it is being written, such as a file that is not there. */
export function createErrorListener(calls: Calls, counters: { requestErrors: number }): (this: HttpResponse, error: unknown) => void {
  return function answer(error) {
    const requestId = String(this.getHeader('request-id'));
    const status = clientStatus(error);
    if (status !== undefined && !this.headersSent) {
      replyFailure(this, status, { error: STATUS_CODES[status] ?? 'Refused', requestId });
      return;
    }
    const { current } = calls;
    counters.requestErrors += 1;
    if (current) calls.failures.report(error, current);
    else calls.log('error', `A response failed: ${messageOf(error)}`, { requestId });
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
