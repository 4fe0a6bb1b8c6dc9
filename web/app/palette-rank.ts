import { defaultFilter } from 'cmdk';
import type { ReactNode } from 'react';

/** Something that the palette offers. */
export interface Entry {
  readonly id: string;
  readonly title: string;
  /** All that it is found by. */
  readonly text: string;
  readonly content: ReactNode;
  readonly run: () => void;
}

/** An entry and how well it fits, from 0 (not at all) to 1. */
export interface Ranked {
  readonly entry: Entry;
  readonly score: number;
}

const named = 0.5;

/** The entries that fit what was typed, the best first; all of them as they are when nothing was. */
export function ranked(entries: readonly Entry[], search: string): readonly Ranked[] {
  const wanted = search.trim().toLowerCase();
  const all = entries.map((entry) => ({ entry, score: wanted === '' ? 1 : scoreOf(entry, wanted) }));
  // Where something has the very words, what only has their letters is noise.
  const least = all.some(({ score }) => score >= named) ? named : Number.MIN_VALUE;
  return all.filter(({ score }) => score >= least).toSorted((one, other) => other.score - one.score);
}

/** How well the first fits. */
export function best(entries: readonly Ranked[]): number {
  return entries[0]?.score ?? 0;
}

// What is called so comes before what only has its letters: these alone would put `Search the functions` before `Run`.
function scoreOf({ title, text }: Entry, wanted: string): number {
  const name = title.toLowerCase();
  if (name === wanted) return 1;
  if (name.startsWith(wanted)) return 0.95;
  const at = name.indexOf(wanted);
  if (at > 0) return /[\s/_-]/.test(name.charAt(at - 1)) ? 0.9 : 0.8;
  const words = wanted.split(/\s+/);
  if (words.every((word) => name.includes(word))) return 0.7;
  const whole = text.toLowerCase();
  if (words.every((word) => whole.includes(word))) return named;
  return 0.3 * defaultFilter(text, wanted);
}
