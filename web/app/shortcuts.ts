import { useEffect } from 'react';
import { useCommands } from '../state/commands.ts';
import { isPressed } from '../ui/keys.tsx';

/** Runs the command whose keys are pressed, wherever the focus is; single characters only outside of text. */
export function useShortcuts(): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.isComposing) return;
      for (const command of useCommands.getState().commands.values()) {
        const { keys } = command;
        if (keys === undefined || !isPressed(keys, event) || (keys.length === 1 && isTyping(event))) continue;
        event.preventDefault();
        event.stopPropagation();
        command.run();
        return;
      }
    };
    // Before Monaco, which has commands of its own on some of these keys.
    addEventListener('keydown', listen, { capture: true });
    return () => removeEventListener('keydown', listen, { capture: true });
  }, []);
}

function isTyping({ target }: KeyboardEvent): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.closest('input, textarea, select, .monaco-editor') !== null);
}
