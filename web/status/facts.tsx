import type { ReactNode } from 'react';

/** A list of names and values: each a `Fact`. */
export function Facts({ children }: { readonly children: ReactNode }): ReactNode {
  return <dl className="status-facts">{children}</dl>;
}

interface FactProps {
  readonly name: string;
  readonly children: ReactNode;
}

/** A name and its value. */
export function Fact({ name, children }: FactProps): ReactNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

interface CardProps {
  readonly title: string;
  readonly children: ReactNode;
  /** What stands beside the title. */
  readonly extra?: ReactNode;
}

/** A part of the page with a title. */
export function Card({ title, children, extra }: CardProps): ReactNode {
  return (
    <section className="status-card" aria-label={title}>
      <div className="row">
        <h2 className="grow">{title}</h2>
        {extra}
      </div>
      {children}
    </section>
  );
}
