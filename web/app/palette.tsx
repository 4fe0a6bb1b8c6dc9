import { useQuery } from '@tanstack/react-query';
import { Command } from 'cmdk';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { queries } from '../api/queries.ts';
import { useCommand, useCommands } from '../state/commands.ts';
import { useDrafts } from '../state/drafts.ts';
import { functionLink } from '../state/links.ts';
import { Keys } from '../ui/keys.tsx';
import { overlays } from '../ui/overlays.ts';
import { own } from '../state/own.ts';
import { best, type Entry, ranked } from './palette-rank.ts';

type Mode = 'closed' | 'commands' | 'functions';

/** Finds commands (Mod+K) and functions (Mod+P) by what somebody types. */
export function Palette(): ReactNode {
  const { mode, show, close } = useMode();
  useCommand({
    id: 'view.palette',
    title: 'Show all commands',
    group: 'View',
    keys: 'Mod+K',
    hidden: true,
    run: () => show('commands'),
  });
  useCommand({
    id: 'view.palette.f1',
    title: 'Show all commands',
    group: 'View',
    keys: 'F1',
    hidden: true,
    run: () => show('commands'),
  });
  useCommand({ id: 'function.open', title: 'Open a function…', group: 'Functions', keys: 'Mod+P', run: () => show('functions') });
  if (mode === 'closed') return null;
  return <OpenPalette mode={mode} onDone={close} />;
}

interface OpenPaletteProps {
  readonly mode: Exclude<Mode, 'closed'>;
  readonly onDone: () => void;
}

function OpenPalette({ mode, onDone }: OpenPaletteProps): ReactNode {
  const [search, setSearch] = useState('');
  const commands = useCommandEntries();
  const functions = useFunctionEntries();
  const groups = [
    ...(mode === 'commands' ? [{ heading: 'Commands', entries: ranked(commands, search) }] : []),
    { heading: 'Functions', entries: ranked(functions, search) },
  ].filter(({ entries }) => entries.length > 0);
  const choose = ({ run }: Entry): void => {
    onDone();
    // The dialog gives the focus back first: what runs may take it.
    setTimeout(run);
  };
  return (
    <Command.Dialog
      open
      onOpenChange={(open) => !open && onDone()}
      label={mode === 'functions' ? 'Open a function' : 'Commands'}
      container={overlays()}
      overlayClassName="overlay"
      contentClassName="dialog palette"
      shouldFilter={false}
      loop
    >
      <Command.Input
        placeholder={mode === 'functions' ? 'Name of a function' : 'Search commands and functions'}
        value={search}
        onValueChange={setSearch}
      />
      <Command.List>
        <Command.Empty>No results.</Command.Empty>
        {groups
          .toSorted((one, other) => best(other.entries) - best(one.entries))
          .map(({ heading, entries }) => (
            <Command.Group key={heading} heading={heading}>
              {entries.map(({ entry }) => (
                <Command.Item key={entry.id} value={entry.id} onSelect={() => choose(entry)}>
                  {entry.content}
                </Command.Item>
              ))}
            </Command.Group>
          ))}
      </Command.List>
    </Command.Dialog>
  );
}

/** What is shown, and the focus, which goes back to where it was: cmdk would leave it nowhere. */
function useMode() {
  const [mode, setMode] = useState<Mode>('closed');
  const before = useRef<Element>(null);
  useEffect(() => {
    // What was chosen may have led elsewhere.
    if (mode === 'closed' && document.activeElement === document.body && before.current instanceof HTMLElement) before.current.focus();
  }, [mode]);
  const show = (next: Mode): void => {
    if (mode === 'closed') before.current = document.activeElement;
    setMode(next);
  };
  return { mode, show, close: (): void => setMode('closed') };
}

function useCommandEntries(): readonly Entry[] {
  const commands = useCommands((state) => state.commands);
  const shown = [...commands.values()].filter((command) => !command.hidden);
  return shown.map(({ id, title, group, keys, run }) => ({
    id: `command ${id}`,
    title,
    text: `${group}: ${title} ${id}`,
    run,
    content: (
      <>
        <span className="muted">{group}:</span> {title}
        <span className="grow" />
        {keys !== undefined && <Keys keys={keys} />}
      </>
    ),
  }));
}

function useFunctionEntries(): readonly Entry[] {
  const [, navigate] = useLocation();
  const { data = [] } = useQuery(queries.functions());
  const drafts = useDrafts((state) => state.drafts);
  const names = [...new Set([...data.map(({ name }) => name), ...Object.keys(drafts)])].toSorted();
  return names.map((name) => ({
    id: `function ${name}`,
    title: name,
    text: name,
    run: () => navigate(functionLink(name)),
    content: (
      <>
        <span className="mono">{name}</span>
        {own(drafts, name) && <span className="muted">draft</span>}
      </>
    ),
  }));
}
