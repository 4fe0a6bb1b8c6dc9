import type { CrashSummary } from './queries.ts';

type Cause = CrashSummary['cause'];

/** A cause in a word or two. */
export const causeNames: Readonly<Record<Cause, string>> = {
  stuck: 'Blocked',
  memory: 'Out of memory',
  silent: 'Unresponsive',
  garbled: 'Channel broken',
  unserved: 'Served nobody',
  exited: 'Exited',
};

/** What a cause means and what helps against it. */
export const causeTexts: Readonly<Record<Cause, string>> = {
  stuck:
    'A function ran without a pause for so long that nothing else could be served, and it could not be interrupted. The worker was ended and another one took over. Break up long work with await, and beware of regular expressions and native calls that can take very long.',
  memory:
    'The worker reached its memory limit, and another one took over. Look at what your functions keep between calls: globals, caches without a limit, lists that only grow.',
  silent: 'The worker stopped responding, so it was ended and another one took over.',
  garbled: 'What the worker sent to the host was no message, or it closed its channel.',
  unserved: "The worker ran, but no longer answered the host's own requests.",
  exited:
    'The worker process ended unexpectedly: by a signal from outside, a fault in native code, or a function that ended it. Another one took over.',
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
