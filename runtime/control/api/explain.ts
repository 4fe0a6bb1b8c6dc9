import type { z } from 'zod';

const issuesShown = 3;
const lengthShown = 400;

/** What a person needs to know about refused input: where, and what was expected there. Never the input itself. */
export function explain(error: z.ZodError): string {
  const shown = error.issues.slice(0, issuesShown).map((issue) => {
    const place = issue.path.map(String).join('.');
    return place === '' ? issue.message : `${place}: ${issue.message}`;
  });
  const more = error.issues.length - shown.length;
  const text = shown.join('; ') + (more > 0 ? `; and ${more} more.` : '.');
  return text.length > lengthShown ? `${text.slice(0, lengthShown)}…` : text;
}
