import { lazy, type ReactNode, Suspense } from 'react';
import { Spinner } from '../ui/feedback.tsx';

export interface DiffViewProps {
  readonly original: string;
  readonly modified: string;
  /** Makes the right side writable, and is told what it holds after each change. */
  readonly onChange?: (text: string) => void;
  /** What is compared, for those who do not see it. */
  readonly label: string;
}

const Loaded = lazy(() => import('./main.tsx').then(({ DiffEditor }) => ({ default: DiffEditor })));

/** Two texts side by side, with what differs marked; it fills its parent, and brings Monaco along by itself. */
export function DiffView(props: DiffViewProps): ReactNode {
  return (
    <Suspense fallback={<Spinner label="Loading the comparison" />}>
      <Loaded {...props} />
    </Suspense>
  );
}
