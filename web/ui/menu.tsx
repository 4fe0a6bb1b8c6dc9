import { ContextMenu, DropdownMenu } from 'radix-ui';
import type { ReactNode } from 'react';
import { Keys } from './keys.tsx';
import { overlays } from './overlays.ts';

/** A line of a menu, or with `separator` the line between two groups. */
export type MenuItem =
  | { readonly separator: true }
  | {
      readonly separator?: false;
      readonly label: string;
      readonly icon?: ReactNode;
      readonly keys?: string;
      readonly danger?: boolean;
      readonly disabled?: boolean;
      readonly checked?: boolean;
      readonly onSelect: () => void;
    };

interface MenuProps {
  readonly items: readonly MenuItem[];
  /** The element that opens it: one that takes a ref and the props of its events. */
  readonly children: ReactNode;
}

/** A menu that opens below a button. */
export function Menu({ items, children }: MenuProps): ReactNode {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{children}</DropdownMenu.Trigger>
      <DropdownMenu.Portal container={overlays()}>
        <DropdownMenu.Content className="menu" sideOffset={4} collisionPadding={6} align="start">
          <Items items={items} parts={DropdownMenu} />
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

/** A menu that opens where somebody has clicked with the other button, or by the menu key. */
export function ContextualMenu({ items, children }: MenuProps): ReactNode {
  return (
    <ContextMenu.Root modal={false}>
      <ContextMenu.Trigger asChild>{children}</ContextMenu.Trigger>
      <ContextMenu.Portal container={overlays()}>
        <ContextMenu.Content className="menu" collisionPadding={6}>
          <Items items={items} parts={ContextMenu} />
        </ContextMenu.Content>
      </ContextMenu.Portal>
    </ContextMenu.Root>
  );
}

type Parts = Pick<typeof DropdownMenu, 'Item' | 'Separator'> | Pick<typeof ContextMenu, 'Item' | 'Separator'>;

function Items({ items, parts: { Item, Separator } }: { readonly items: readonly MenuItem[]; readonly parts: Parts }): ReactNode {
  return items.map((item, at) =>
    item.separator ? (
      <Separator key={at} asChild>
        <hr />
      </Separator>
    ) : (
      <Item key={item.label} className={item.danger ? 'danger' : ''} disabled={item.disabled ?? false} onSelect={item.onSelect}>
        {item.checked === undefined ? item.icon : <span aria-hidden>{item.checked ? '✓' : '\u2003'}</span>}
        {item.label}
        {item.keys !== undefined && <Keys keys={item.keys} />}
      </Item>
    ),
  );
}
