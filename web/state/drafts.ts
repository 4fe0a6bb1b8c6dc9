import { create } from 'zustand';
import { type Draft, DraftStorage } from './draft-storage.ts';
import { own } from './own.ts';

export type { Draft };

/** The revision that a draft begins from, and what it holds. */
export interface DraftBegin {
  readonly base: number;
  readonly baseSource: string;
}

interface Drafts {
  readonly drafts: Readonly<Record<string, Draft>>;
  /** What another browser tab wrote at the same time as this one, until somebody says which counts. */
  readonly others: Readonly<Record<string, Draft>>;
  /** Whether this browser has no room left to keep drafts in. */
  readonly full: boolean;
  /** Keeps what somebody has written; forgets the draft when it is what it began from. */
  readonly write: (name: string, source: string, begin: DraftBegin) => void;
  /** Forgets the draft. */
  readonly drop: (name: string) => void;
  /** Gives the draft another revision to have begun from: after a publish, or when a conflict is settled. */
  readonly rebase: (name: string, begin: DraftBegin) => void;
  /** Moves a draft to another name. */
  readonly rename: (from: string, to: string) => void;
  /** Takes the draft of the other tab in place of this one's, or forgets it. */
  readonly settle: (name: string, take: boolean) => void;
}

/**
 * The drafts, by function. Each is kept in this browser under a key of its own, so that a reload, a crash
 * and a second tab lose nothing.
 */
export const useDrafts = create<Drafts>()((set, get) => {
  const show = (name: string, draft: Draft | undefined): void => {
    const { [name]: _, ...others } = get().drafts;
    set({ drafts: draft ? { ...others, [name]: draft } : others });
  };
  const storage = new DraftStorage({
    changed: show,
    collided: (name, other) => set({ others: { ...get().others, [name]: other } }),
    full: (full) => full !== get().full && set({ full }),
  });
  const put = (name: string, draft: Draft | undefined): void => {
    const kept = draft && (draft.source !== draft.baseSource || draft.base === 0) ? draft : undefined;
    storage.write(name, kept);
    show(name, kept);
  };
  return {
    drafts: storage.readAll(),
    others: {},
    full: false,
    write: (name, source, { base, baseSource }) => put(name, { source, base, baseSource, changedAt: Date.now() }),
    drop: (name) => put(name, undefined),
    rebase: (name, { base, baseSource }) => {
      const draft = own(get().drafts, name);
      if (draft) put(name, { ...draft, base, baseSource });
    },
    rename: (from, to) => {
      const draft = own(get().drafts, from);
      put(from, undefined);
      put(to, draft);
    },
    settle: (name, take) => {
      const { [name]: other, ...others } = get().others;
      if (take && other) put(name, other);
      set({ others });
    },
  };
});
