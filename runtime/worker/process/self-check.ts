import { HearthError, messageOf } from '../../kernel/errors.ts';
import { storesOfPoolRequests } from '../../internals/node-requests.ts';
import type { FunctionMark } from '../../kernel/protocol/watchdog-report.ts';
import type { WorkerCalls } from '../../kernel/protocol/worker-calls.ts';
import { ProbeApp } from './probe-app.ts';
import type { ServedApp } from './served-app.ts';

const draft = { name: 'probe', revision: 0, methods: undefined, code: 'exports.default = () => {};', map: '' };

/** The worker's part of control's probe: it stages a draft, and opens the port for the rest at the first time. */
export class SelfCheck {
  #port: Promise<number> | undefined;

  /** Rejects with what the log does not get: nobody but control has asked. */
  async run(app: ServedApp): Promise<ReturnType<WorkerCalls['probe']>> {
    try {
      app.functions.stage({ functions: [draft], deleted: [] }).discard();
      return { port: await (this.#port ??= new ProbeApp(app.settings, app.calls).listen()), waiting: waiting() };
    } catch (error) {
      // A port that could not be had for want of a descriptor may be had the next time.
      this.#port = undefined;
      throw new HearthError('WORKER_UNAVAILABLE', { reason: messageOf(error) });
    }
  }
}

/** Whose calls wait for files or names; who has the most of them comes first. */
function waiting(): readonly FunctionMark[] {
  const marks = new Map<string, FunctionMark & { count: number }>();
  for (const store of storesOfPoolRequests()) {
    if (!isMark(store)) continue;
    const { function: name, revision } = store;
    const key = `${name}@${revision}`;
    const mark = marks.get(key) ?? { function: name, revision, count: 0 };
    mark.count += 1;
    marks.set(key, mark);
  }
  const sorted = [...marks.values()].toSorted((a, b) => b.count - a.count);
  return sorted.map(({ function: name, revision }) => ({ function: name, revision }));
}

function isMark(store: unknown): store is FunctionMark {
  if (typeof store !== 'object' || store === null) return false;
  return typeof Reflect.get(store, 'function') === 'string' && typeof Reflect.get(store, 'revision') === 'number';
}
