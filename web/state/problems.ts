import { create } from 'zustand';

/** Something wrong with a source. */
export interface Problem {
  readonly severity: 'error' | 'warning' | 'info';
  readonly message: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** `ts2345`, or who found it. */
  readonly source: string;
}

interface Problems {
  /** What is wrong, by function. */
  readonly problems: Readonly<Record<string, readonly Problem[]>>;
  /** Says all that is wrong with a function; an empty list says that nothing is. */
  readonly report: (name: string, problems: readonly Problem[]) => void;
}

/** The problems of the functions that are open. */
export const useProblems = create<Problems>()((set, get) => ({
  problems: {},
  report: (name, problems) => {
    const { [name]: _, ...others } = get().problems;
    set({ problems: problems.length === 0 ? others : { ...others, [name]: problems } });
  },
}));
