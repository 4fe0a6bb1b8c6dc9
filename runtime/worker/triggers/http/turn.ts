import { HearthError } from '../../../kernel/errors.ts';
import type { FunctionModule } from '../../../kernel/functions/module.ts';
import type { Ticket, WaitingCall } from './calls.ts';
import { onceClosed } from './closed.ts';
import type { ContextOrigin } from './context.ts';
import { Exchange, type ExchangeHost } from './exchange.ts';
import { replyThrown } from './failure.ts';
import { find } from './find.ts';

/** Calls the function when others of its calls have ended; answers 503 when too many wait, and 504 when the time is over before. */
export function waitForTurn(host: ExchangeHost, module: FunctionModule, origin: ContextOrigin): void {
  const { app, calls, notices } = host;
  const { response, requestId } = origin;
  const fields = { function: module.name, revision: module.revision, requestId };
  const call: WaitingCall = {
    start: (ticket: Ticket) => {
      // A publish may have come meanwhile.
      const current = find(host.functions, origin);
      if (current) new Exchange(host, current, origin, ticket).begin();
      else calls.release(ticket);
    },
    expire: (ticket) => {
      calls.release(ticket);
      app.counters.timeouts++;
      const error = new HearthError('FUNCTION_TIMEOUT', { limit: app.settings.limits.functionTimeout });
      app.log('error', `${error.message} It has waited for its turn all that time.`, fields);
      replyThrown(response, error, requestId);
    },
  };
  const ticket = calls.wait(module.name, call);
  if (ticket) {
    onceClosed(response, () => {
      if (ticket.state === 'waiting') calls.release(ticket);
    });
    return;
  }
  app.counters.refused++;
  const error = new HearthError('FUNCTION_BUSY', { name: module.name });
  notices.warn(module.name, error.message, fields);
  replyThrown(response, error, requestId);
}
