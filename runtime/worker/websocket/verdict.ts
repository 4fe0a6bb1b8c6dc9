import { Invocation } from '../../kernel/invocation.ts';
import type { FunctionModule, Handler } from '../../kernel/module.ts';
import { reserved } from '../../kernel/name.ts';
import type { App } from '../app.ts';
import type { UpgradeContext } from './context.ts';
import { toPending } from './dispatch.ts';
import { type Refusal, toRefusal } from './refusal.ts';

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

/**
 * Asks the `upgrade` export of `__websocket__`; accepts when there is none. Answers a promise only
 * when the function does, so that the others cost the handshake no turn of the loop. Neither throws
 * nor rejects: what the function throws is logged and refuses.
 */
export function askFunction(app: App, module: FunctionModule, context: UpgradeContext): Verdict | Promise<Verdict> {
  const { requestId, connectionId } = context;
  const invocation = new Invocation({ function: reserved.websocket, revision: module.revision, requestId, connectionId });
  const handler = loadUpgrade(app, module, invocation);
  if (typeof handler !== 'function') {
    invocation.end();
    return handler ?? accepted;
  }
  let answer: unknown;
  try {
    answer = app.scope.run(invocation, callUpgrade, handler, context);
  } catch (thrown) {
    return fail(app, invocation, thrown);
  }
  if (answer instanceof Promise) return settle(app, invocation, answer);
  invocation.end();
  return toVerdict(answer);
}

/** The function's `upgrade` export, undefined without one, or the verdict when its code does not load. */
function loadUpgrade(app: App, module: FunctionModule, invocation: Invocation): Handler | Verdict | undefined {
  try {
    return app.scope.run(invocation, upgradeOf, app, module);
  } catch (thrown) {
    app.failed(thrown, invocation);
    return refusedWith(toRefusal('INTERNAL'));
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

function callUpgrade(handler: Handler, context: UpgradeContext): unknown {
  const answer = handler(context);
  return toPending(answer) ?? answer;
}

async function settle(app: App, invocation: Invocation, answer: Promise<unknown>): Promise<Verdict> {
  let value: unknown;
  try {
    value = await answer;
  } catch (thrown) {
    return fail(app, invocation, thrown);
  }
  invocation.end();
  return toVerdict(value);
}

function fail(app: App, invocation: Invocation, thrown: unknown): Verdict {
  app.failed(thrown, invocation);
  invocation.end();
  return refusedWith(toRefusal('UPGRADE_REFUSED', refusalStatus(thrown)));
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
