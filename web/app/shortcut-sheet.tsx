import { type ReactNode, useState } from 'react';
import { type Command, useCommand, useCommands } from '../state/commands.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Keys } from '../ui/keys.tsx';

/** Lists the shortcuts of what is on the page. */
export function ShortcutSheet(): ReactNode {
  const [open, setOpen] = useState(false);
  useCommand({ id: 'help.shortcuts', title: 'Show keyboard shortcuts', group: 'Help', keys: '?', run: () => setOpen(true) });
  if (!open) return null;
  return (
    <Dialog title="Shortcuts" onClose={() => setOpen(false)}>
      <Sheet />
    </Dialog>
  );
}

function Sheet(): ReactNode {
  const commands = useCommands((state) => state.commands);
  const groups = new Map<Command['group'], Command[]>();
  for (const command of commands.values()) {
    if (command.keys !== undefined) groups.set(command.group, [...(groups.get(command.group) ?? []), command]);
  }
  return (
    <div className="shortcut-sheet">
      {[...groups].map(([group, list]) => (
        <section key={group}>
          <h3>{group}</h3>
          <dl>
            {list.map(({ id, title, keys }) => (
              <div key={id} className="row">
                <dt className="grow">{title}</dt>
                <dd>{keys !== undefined && <Keys keys={keys} />}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </div>
  );
}
