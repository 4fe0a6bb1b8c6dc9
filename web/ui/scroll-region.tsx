import type { ReactNode } from 'react';

interface ScrollRegionProps {
  /** What it holds, for those who do not see it. */
  readonly label: string;
  readonly className?: string;
  readonly children: ReactNode;
}

/** A part of the page that scrolls by itself, by the keyboard as well. */
export function ScrollRegion({ label, className = '', children }: ScrollRegionProps): ReactNode {
  return (
    <div className={`scroll ${className}`} tabIndex={0} role="region" aria-label={label}>
      {children}
    </div>
  );
}
