import { useQuery } from '@tanstack/react-query';
import { Command } from 'cmdk';
import { type ReactNode, useState } from 'react';
import { useLocation } from 'wouter';
import { queries } from '../api/queries.ts';
import { useCommand, useCommands } from '../state/commands.ts';
import { useDrafts } from '../state/drafts.ts';
import { functionLink } from '../state/links.ts';
import { Keys } from '../ui/keys.tsx';
import { overlays } from '../ui/overlays.ts';
import { own } from '../state/own.ts';

type Mode = 'closed' | 'commands' | 'functions';

/** Finds commands (Mod+K) and functions (Mod+P) by what somebody types. */
export function Palette(): ReactNode {
  const [mode, setMode] = useState<Mode>('closed');
  useCommand({
    id: 'view.palette',
    title: 'Show all commands',
    group: 'View',
    keys: 'Mod+K',
    hidden: true,
    run: () => setMode('commands'),
  });
  useCommand({
    id: 'view.palette.f1',
    title: 'Show all commands',
    group: 'View',
    keys: 'F1',
    hidden: true,
    run: () => setMode('commands'),
  });
  useCommand({ id: 'function.open', title: 'Open a function…', group: 'Functions', keys: 'Mod+P', run: () => setMode('functions') });
  const close = (): void => setMode('closed');
  return (
    <Command.Dialog
      open={mode !== 'closed'}
      onOpenChange={(open) => !open && close()}
      label={mode === 'functions' ? 'Open a function' : 'Commands'}
      container={overlays()}
      overlayClassName="overlay"
      contentClassName="dialog palette"
      loop
    >
      <Command.Input placeholder={mode === 'functions' ? 'Name of a function' : 'A command, or the name of a function'} />
      <Command.List>
        <Command.Empty>Nothing is called that.</Command.Empty>
        {mode === 'commands' && <CommandItems onDone={close} />}
        <FunctionItems onDone={close} />
      </Command.List>
    </Command.Dialog>
  );
}

interface ItemsProps {
  readonly onDone: () => void;
}

function CommandItems({ onDone }: ItemsProps): ReactNode {
  const commands = useCommands((state) => state.commands);
  const shown = [...commands.values()].filter((command) => !command.hidden);
  return (
    <Command.Group heading="Commands">
      {shown.map(({ id, title, group, keys, run }) => (
        <Command.Item
          key={id}
          value={`${group}: ${title} ${id}`}
          onSelect={() => {
            onDone();
            // The dialog gives the focus back first: what runs may take it.
            setTimeout(run);
          }}
        >
          <span className="muted">{group}:</span> {title}
          <span className="grow" />
          {keys !== undefined && <Keys keys={keys} />}
        </Command.Item>
      ))}
    </Command.Group>
  );
}

function FunctionItems({ onDone }: ItemsProps): ReactNode {
  const [, navigate] = useLocation();
  const { data = [] } = useQuery(queries.functions());
  const drafts = useDrafts((state) => state.drafts);
  const names = [...new Set([...data.map(({ name }) => name), ...Object.keys(drafts)])].toSorted();
  return (
    <Command.Group heading="Functions">
      {names.map((name) => (
        <Command.Item
          key={name}
          value={`function ${name}`}
          keywords={[name]}
          onSelect={() => {
            onDone();
            navigate(functionLink(name));
          }}
        >
          <span className="mono">{name}</span>
          {own(drafts, name) && <span className="muted">draft</span>}
        </Command.Item>
      ))}
    </Command.Group>
  );
}
