import { create } from 'zustand';
import { call, functionPath } from '../api/client.ts';
import type { RunResult } from '../api/queries.ts';
import type { RunPayload } from './payload.ts';

/** How a function's last run went. */
export type Run =
  | { readonly state: 'running'; readonly startedAt: number; readonly cancel: () => void }
  | { readonly state: 'done'; readonly result: RunResult; readonly draft: boolean; readonly method: string }
  | { readonly state: 'failed'; readonly error: unknown }
  | { readonly state: 'cancelled' };

/** Run target. */
export interface RunOrder {
  /** The draft; absent runs what is published. */
  readonly source?: string;
  readonly method: string;
  readonly payload: () => Promise<RunPayload>;
}

interface RunStore {
  readonly runs: Readonly<Record<string, Run>>;
  /** Runs a function; a run of it that is under way is cancelled. */
  readonly start: (name: string, order: RunOrder) => void;
}

/** The last run of each function: it goes on, and stays, while somebody looks at another one. */
export const useRuns = create<RunStore>()((set, get) => {
  const put = (name: string, run: Run): void => set({ runs: { ...get().runs, [name]: run } });
  return {
    runs: {},
    start: (name, { source, method, payload }) => {
      const before = get().runs[name];
      if (before?.state === 'running') before.cancel();
      const controller = new AbortController();
      const { signal } = controller;
      const finish = (run: Run): void => {
        // Another run may have begun in the meantime.
        if (!signal.aborted) put(name, run);
      };
      const cancel = (): void => {
        controller.abort();
        put(name, { state: 'cancelled' });
      };
      put(name, { state: 'running', startedAt: Date.now(), cancel });
      void payload()
        .then((request) =>
          call('RunResult', functionPath(name, '/run'), {
            method: 'POST',
            body: { ...(source !== undefined && { source }), request },
            signal,
          }),
        )
        .then(
          (result) => finish({ state: 'done', result, draft: source !== undefined, method }),
          (error: unknown) => finish({ state: 'failed', error }),
        );
    },
  };
});
