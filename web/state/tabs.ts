import { create } from 'zustand';
import { persist } from 'zustand/middleware';
import { mergeKept } from './kept.ts';

interface Tabs {
  /** Names of the functions that are open, in the order of their tabs. */
  readonly open: readonly string[];
  /** Opens a tab behind the others unless there is one. */
  readonly show: (name: string) => void;
  /** Closes a tab; answers the name of the one beside it, if any is left. */
  readonly close: (name: string) => string | undefined;
  readonly rename: (from: string, to: string) => void;
  readonly move: (name: string, before: string) => void;
}

/** The editor's tabs, kept in this browser. */
export const useTabs = create<Tabs>()(
  persist(
    (set, get) => ({
      open: [],
      show: (name) => {
        if (!get().open.includes(name)) set({ open: [...get().open, name] });
      },
      close: (name) => {
        const { open } = get();
        const at = open.indexOf(name);
        const left = open.filter((one) => one !== name);
        set({ open: left });
        return left[Math.min(at, left.length - 1)];
      },
      rename: (from, to) => set({ open: get().open.map((name) => (name === from ? to : name)) }),
      move: (name, before) => {
        const others = get().open.filter((one) => one !== name);
        others.splice(others.indexOf(before), 0, name);
        set({ open: others });
      },
    }),
    { name: 'hearth.tabs', version: 1, merge: mergeKept },
  ),
);
