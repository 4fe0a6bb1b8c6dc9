import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import { functionLink } from '../state/links.ts';
import { useLanguageState } from '../state/language.ts';
import { useProblems } from '../state/problems.ts';
import { Empty } from '../ui/feedback.tsx';
import { ProblemList } from './problem-list.tsx';

/** What is wrong with the functions that are open. */
export function Problems(): ReactNode {
  const [, navigate] = useLocation();
  const problems = useProblems((state) => state.problems);
  const away = useLanguageState((state) => state.state === 'unavailable');
  if (Object.keys(problems).length === 0) {
    return (
      <Empty title="No problems">
        {away
          ? 'TypeScript is not available on this host’s platform. Only problems found by a publish are listed here.'
          : 'Errors and warnings of open functions are listed here.'}
      </Empty>
    );
  }
  return (
    <section className="scroll" aria-label="Problems" tabIndex={0}>
      <ProblemList problems={problems} onGo={(name, { line, column }) => navigate(functionLink(name, line, column))} />
    </section>
  );
}
