import { Tooltip as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import { Keys } from './keys.tsx';
import { overlays } from './overlays.ts';

interface TooltipProps {
  readonly text: string;
  readonly keys?: string;
  /** One element that takes a ref and the props of its events. */
  readonly children: ReactNode;
}

/** Says what a control does when it is pointed at or focused. */
export function Tooltip({ text, keys, children }: TooltipProps): ReactNode {
  return (
    <Radix.Root delayDuration={400}>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Portal container={overlays()}>
        <Radix.Content className="tooltip" sideOffset={5} collisionPadding={6}>
          {text} {keys !== undefined && <Keys keys={keys} />}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
