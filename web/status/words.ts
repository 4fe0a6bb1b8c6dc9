import type { CrashSummary } from './queries.ts';

type Cause = CrashSummary['cause'];

/** A cause in a word or two. */
export const causeNames: Readonly<Record<Cause, string>> = {
  stuck: 'Stood still',
  memory: 'Out of memory',
  silent: 'Fell silent',
  exited: 'Ended by itself',
};

/** What a cause means and what helps against it. */
export const causeTexts: Readonly<Record<Cause, string>> = {
  stuck:
    'A function ran without a pause for so long that nothing else could be served, and it could not be stopped from outside. The worker was ended and another took over. Give long work pauses (await), or take care of patterns and native calls that may take very long.',
  memory:
    'The worker had used up the memory that it may have, and another took over. Look at what is kept between calls: globals, caches without a limit, lists that only grow.',
  silent: 'The worker told the host nothing any more and did not answer, so it was ended and another took over.',
  exited:
    'The process of the worker ended, and the host had not asked for it: by a signal from outside, by a fault in native code, or because a function ended it. Another took over.',
};

/** How the process ended. */
export function endText({ code, signal }: Pick<CrashSummary, 'code' | 'signal'>): string {
  if (signal !== null) return `signal ${signal}`;
  return code === null ? 'not known' : `exit code ${code}`;
}

/** A number with its thousands apart. */
export function countText(count: number): string {
  return counts.format(count);
}

const counts = new Intl.NumberFormat();

/** A text as a sentence begins. */
export function sentence(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
