import { create } from 'zustand';
import { persist } from 'zustand/middleware';
import { mergeKept } from '../state/kept.ts';

interface TreeState {
  /** Ids of the folders that are closed. */
  readonly closed: readonly string[];
  /** Functions that were open lately, the last one first. */
  readonly recent: readonly string[];
  readonly setOpen: (folder: string, open: boolean) => void;
  readonly close: (folders: readonly string[]) => void;
  readonly reveal: (folders: readonly string[]) => void;
  readonly visit: (name: string) => void;
}

const recentLimit = 12;

/** What the tree remembers in this browser. */
export const useTreeState = create<TreeState>()(
  persist(
    (set, get) => ({
      closed: [],
      recent: [],
      setOpen: (folder, open) => (open ? get().reveal([folder]) : get().close([folder])),
      close: (folders) => set({ closed: [...new Set([...get().closed, ...folders])] }),
      reveal: (folders) => {
        const { closed } = get();
        if (folders.some((folder) => closed.includes(folder))) set({ closed: closed.filter((folder) => !folders.includes(folder)) });
      },
      visit: (name) => set({ recent: [name, ...get().recent.filter((one) => one !== name)].slice(0, recentLimit) }),
    }),
    { name: 'hearth.tree', version: 1, merge: mergeKept },
  ),
);

/** What somebody is asked about a function. */
export type FunctionQuestion =
  | { readonly kind: 'create'; readonly template?: string; readonly folder?: string }
  | { readonly kind: 'duplicate' | 'rename' | 'delete'; readonly name: string };

interface Questions {
  readonly question: FunctionQuestion | undefined;
  readonly ask: (question: FunctionQuestion) => void;
  readonly done: () => void;
}

/** The dialog about a function that is open, if one is. */
export const useQuestions = create<Questions>()((set) => ({
  question: undefined,
  ask: (question) => set({ question }),
  done: () => set({ question: undefined }),
}));
