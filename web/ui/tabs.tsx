import { Tabs as Radix } from 'radix-ui';
import type { ReactNode } from 'react';

/** One of a row of tabs. */
export interface Tab {
  readonly id: string;
  readonly label: ReactNode;
  readonly content: ReactNode;
  /** Whether what it shows goes on while another tab is in front. */
  readonly keep?: boolean;
}

interface TabsProps {
  /** What the tabs are of, for those who do not see them. */
  readonly label: string;
  readonly tabs: readonly Tab[];
  readonly value: string;
  readonly onChange: (id: string) => void;
  /** What stands behind the tabs in their row. */
  readonly extra?: ReactNode;
}

/** Tabs, and the panel of the one in front. */
export function Tabs({ label, tabs, value, onChange, extra }: TabsProps): ReactNode {
  return (
    <Radix.Root className="tabs" value={value} onValueChange={onChange}>
      <div className="row tab-list">
        <Radix.List className="row" aria-label={label} style={{ alignSelf: 'stretch', alignItems: 'stretch', gap: 2 }}>
          {tabs.map((tab) => (
            <Radix.Trigger key={tab.id} value={tab.id}>
              {tab.label}
            </Radix.Trigger>
          ))}
        </Radix.List>
        <span className="grow" />
        {extra}
      </div>
      {tabs.map((tab) => (
        <Radix.Content key={tab.id} value={tab.id} className="tab-panel" {...(tab.keep && { forceMount: true })} hidden={tab.id !== value}>
          {tab.content}
        </Radix.Content>
      ))}
    </Radix.Root>
  );
}
