import { create } from 'zustand';
import { persist } from 'zustand/middleware';
import type { FunctionSummary } from '../api/queries.ts';
import { mergeKept } from '../state/kept.ts';

export type Methods = FunctionSummary['methods'];

/** What a publish says besides the source, until it has taken place. */
export interface PublishSettings {
  /** What changed, for the history. */
  readonly note?: string;
  /** HTTP methods that the function is to answer; absent for those of the live one. */
  readonly methods?: Methods;
}

interface State {
  readonly settings: Readonly<Record<string, PublishSettings>>;
  readonly set: (name: string, settings: PublishSettings) => void;
  readonly forget: (name: string) => void;
}

/** What was said about the next publish, by function; kept in this browser. */
export const usePublishSettings = create<State>()(
  persist(
    (set, get) => ({
      settings: {},
      set: (name, settings) => set({ settings: { ...get().settings, [name]: settings } }),
      forget: (name) => {
        const { [name]: _, ...settings } = get().settings;
        set({ settings });
      },
    }),
    { name: 'hearth.publish', version: 1, merge: mergeKept },
  ),
);

/** Whether two sets of methods are the same, in whatever order. */
export function sameMethods(a: Methods, b: Methods): boolean {
  if (a === null || b === null) return a === b;
  return a.length === b.length && a.every((method) => b.includes(method));
}
