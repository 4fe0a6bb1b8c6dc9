import { AlertTriangle, CircleX, Info } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Problem } from '../state/problems.ts';
import './problems.css';

const icons = { error: CircleX, warning: AlertTriangle, info: Info } as const;

interface ProblemListProps {
  /** What is wrong, by function. */
  readonly problems: Readonly<Record<string, readonly Problem[]>>;
  readonly onGo: (name: string, problem: Problem) => void;
}

/** Problems by function; each goes to its place. */
export function ProblemList({ problems, onGo }: ProblemListProps): ReactNode {
  return (
    <ul className="problems">
      {Object.entries(problems).map(([name, list]) => (
        <li key={name}>
          <strong className="mono problems-of">{name}</strong>
          <ul>
            {list.map((problem) => {
              const Icon = icons[problem.severity];
              return (
                <li key={`${problem.line}:${problem.column}:${problem.source}:${problem.message}`}>
                  <button type="button" className={`problem ${problem.severity}`} onClick={() => onGo(name, problem)}>
                    <Icon size={15} aria-label={problem.severity} />
                    <span className="problem-text">
                      {problem.message} <span className="muted">{problem.source}</span>
                    </span>
                    <span className="muted mono">
                      {problem.line}:{problem.column}
                    </span>
                  </button>
                </li>
              );
            })}
          </ul>
        </li>
      ))}
    </ul>
  );
}
