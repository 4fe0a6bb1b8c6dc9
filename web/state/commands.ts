import { useEffect, useLayoutEffect, useRef } from 'react';
import { create } from 'zustand';

/** Something that can be done by the palette, by keys, or both. */
export interface Command {
  /** Unique, such as `function.publish`. */
  readonly id: string;
  readonly title: string;
  /** What it belongs to, for the palette and the sheet of shortcuts. */
  readonly group: 'Functions' | 'Editor' | 'Run' | 'Sockets' | 'Logs' | 'View' | 'Help';
  /** Such as `Mod+S`, `Mod+Shift+P`, `F6`, `?`; `Mod` is Cmd on a Mac and Ctrl elsewhere. */
  readonly keys?: string;
  /** Left out of the palette: it is only there by its keys. */
  readonly hidden?: boolean;
  readonly run: () => void;
}

interface Commands {
  readonly commands: ReadonlyMap<string, Command>;
  readonly add: (command: Command) => () => void;
}

/** The commands of what is on the page at this moment. */
export const useCommands = create<Commands>()((set, get) => ({
  commands: new Map(),
  add(command) {
    set({ commands: new Map(get().commands).set(command.id, command) });
    return () => {
      const commands = new Map(get().commands);
      if (commands.get(command.id) === command) commands.delete(command.id);
      set({ commands });
    };
  },
}));

/** Offers a command for as long as the component is on the page; undefined offers none. */
export function useCommand(command: Command | undefined): void {
  const latest = useRef(command);
  useLayoutEffect(() => {
    latest.current = command;
  });
  const add = useCommands((state) => state.add);
  const { id, title, keys, group, hidden } = command ?? {};
  useEffect(() => {
    if (id === undefined || title === undefined || group === undefined) return undefined;
    return add({
      id,
      title,
      group,
      ...(keys !== undefined && { keys }),
      ...(hidden !== undefined && { hidden }),
      run: () => latest.current?.run(),
    });
  }, [add, id, title, keys, group, hidden]);
}

/** Runs a command, if it is on the page. */
export function runCommand(id: string): void {
  useCommands.getState().commands.get(id)?.run();
}
