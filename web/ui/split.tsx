import { Fragment, type ReactNode } from 'react';
import { Group, Panel, Separator } from 'react-resizable-panels';
import { useSettings } from '../state/settings.ts';

/** One side of a split. Sizes are as CSS has them, or percent as a number. */
export interface Pane {
  readonly id: string;
  /** What it holds, for the name of the separator before it. */
  readonly label: string;
  readonly size?: number | string;
  readonly min?: number | string;
  readonly content: ReactNode;
}

interface SplitProps {
  /** Under which its sizes are kept. */
  readonly id: string;
  readonly direction: 'horizontal' | 'vertical';
  readonly panes: readonly Pane[];
}

/** Panes beside or below each other, resized by pointer or by the arrow keys, whose sizes are kept in this browser. */
export function Split({ id, direction, panes }: SplitProps): ReactNode {
  const key = `${id}:${panes.map((pane) => pane.id).join(',')}`;
  const layout = useSettings((state) => state.layouts[key]);
  const keep = useSettings((state) => state.keepLayout);
  return (
    <Group
      key={key}
      className="split"
      orientation={direction}
      {...(layout && { defaultLayout: layout })}
      onLayoutChanged={(changed) => keep(key, changed)}
    >
      {panes.map((pane, at) => (
        <Fragment key={pane.id}>
          {at > 0 && <Separator className="separator" aria-label={`Resize ${pane.label}`} />}
          <Panel
            id={pane.id}
            className="split-pane"
            {...(pane.size !== undefined && { defaultSize: pane.size })}
            minSize={pane.min ?? '80px'}
          >
            {pane.content}
          </Panel>
        </Fragment>
      ))}
    </Group>
  );
}
