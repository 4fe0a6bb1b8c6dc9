import type { Invocation } from '../../kernel/calls/invocation.ts';
import type { FunctionModule, Handler } from '../../kernel/functions/module.ts';
import type { App } from '../process/app.ts';
import type { UpgradeContext } from './context.ts';
import { type EventHost, toPending } from './dispatch.ts';
import { HearthError } from '../../kernel/errors.ts';
import { isQuarantine } from './failures.ts';
import { errorRefusal, type Refusal, toRefusal } from './refusal.ts';

/** What becomes of an upgrade: a socket, for `user` when the function named one, or a refusal. */
export type Verdict =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'accepted-as'; readonly user: object }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

const accepted: Verdict = { kind: 'accepted' };

/** The verdict that refuses. */
export function refusedWith(refusal: Refusal): Verdict {
  return { kind: 'refused', refusal };
}

/** A question to the function, with the invocation that it runs in. */
export interface Question {
  readonly module: FunctionModule;
  readonly invocation: Invocation;
  readonly context: UpgradeContext;
}

/**
 * Asks the `upgrade` export of `__websocket__`; accepts when there is none. Answers a promise only
 * when the function does, so that the others cost the handshake no turn of the loop. Neither throws
 * nor rejects: what the function throws is logged and refuses.
 */
export function askFunction(host: EventHost, question: Question): Verdict | Promise<Verdict> {
  const { invocation } = question;
  const handler = loadUpgrade(host, question);
  if (typeof handler !== 'function') {
    invocation.end();
    return handler ?? accepted;
  }
  let answer: unknown;
  try {
    answer = host.app.scope.run(invocation, callUpgrade, host.app, question, handler);
  } catch (thrown) {
    return fail(host, invocation, thrown);
  }
  if (answer instanceof Promise) return settle(host, invocation, answer);
  invocation.end();
  return toVerdict(answer);
}

/** The function's `upgrade` export, undefined without one, or the verdict when its code does not load. */
function loadUpgrade({ app, failures }: EventHost, { module, invocation }: Question): Handler | Verdict | undefined {
  try {
    return app.scope.run(invocation, upgradeOf, app, module);
  } catch (thrown) {
    failures.report(thrown, invocation);
    return refusedWith(isQuarantine(thrown) ? errorRefusal(thrown) : toRefusal('INTERNAL'));
  }
}

function upgradeOf(app: App, module: FunctionModule): Handler | undefined {
  const exports = app.functions.exports(module);
  if (typeof exports !== 'object' && typeof exports !== 'function') return undefined;
  const upgrade: unknown = exports === null ? undefined : Reflect.get(exports, 'upgrade');
  return isHandler(upgrade) ? upgrade : undefined;
}

function isHandler(value: unknown): value is Handler {
  return typeof value === 'function';
}

function callUpgrade(app: App, { module, context }: Question, handler: Handler): unknown {
  const outer = app.pulse.enter(module.mark);
  try {
    const answer = handler(context);
    return toPending(answer) ?? answer;
  } finally {
    app.pulse.leave(outer);
  }
}

async function settle(host: EventHost, invocation: Invocation, answer: Promise<unknown>): Promise<Verdict> {
  let value: unknown;
  try {
    value = await answer;
  } catch (thrown) {
    return fail(host, invocation, thrown);
  }
  invocation.end();
  return toVerdict(value);
}

function fail({ failures }: EventHost, invocation: Invocation, thrown: unknown): Verdict {
  failures.report(thrown, invocation);
  invocation.end();
  const own = thrown instanceof HearthError && thrown.status > 0;
  return refusedWith(own ? errorRefusal(thrown) : toRefusal('UPGRADE_REFUSED', refusalStatus(thrown)));
}

function toVerdict(answer: unknown): Verdict {
  if (answer === false) return refusedWith(toRefusal('UPGRADE_REFUSED'));
  if (typeof answer !== 'object' || answer === null) return accepted;
  const status = refusalStatus(answer);
  return status === undefined ? { kind: 'accepted-as', user: answer } : refusedWith(toRefusal('UPGRADE_REFUSED', status));
}

/** The HTTP status of an error that a function names by what it answers or throws. */
function refusalStatus(value: unknown): number | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  let status: unknown;
  try {
    status = Reflect.get(value, 'status');
  } catch {
    return undefined;
  }
  return typeof status === 'number' && Number.isInteger(status) && status >= 400 && status <= 599 ? status : undefined;
}
