import type { ReactNode } from 'react';

const onMac = /Mac|iPhone|iPad/.test(navigator.userAgent);
const symbols: Readonly<Record<string, string>> = onMac ? { Mod: '⌘', Shift: '⇧', Alt: '⌥', Enter: '⏎' } : { Mod: 'Ctrl', Enter: 'Enter' };

/** How a shortcut such as `Mod+S` is written on this machine. */
function keysText(keys: string): string {
  return keys
    .split('+')
    .map((key) => symbols[key] ?? key)
    .join(onMac ? '' : '+');
}

/** A shortcut, drawn. */
export function Keys({ keys }: { readonly keys: string }): ReactNode {
  return <kbd>{keysText(keys)}</kbd>;
}

/** Whether the keys that were pressed are this shortcut. */
export function isPressed(keys: string, event: KeyboardEvent): boolean {
  const parts = keys.split('+');
  const key = parts.at(-1) ?? '';
  const modifier = onMac ? event.metaKey : event.ctrlKey;
  if (parts.includes('Mod') !== modifier || parts.includes('Alt') !== event.altKey) return false;
  // `?` and its like are made with Shift on some keyboards and without on others.
  const named = key.length > 1 || /[a-z0-9]/i.test(key);
  if (named && parts.includes('Shift') !== event.shiftKey) return false;
  // On a Mac, Alt makes another character of a letter or digit.
  if (event.altKey && /^[a-z0-9]$/i.test(key)) return event.code === `${/\d/.test(key) ? 'Digit' : 'Key'}${key.toUpperCase()}`;
  return event.key.toLowerCase() === key.toLowerCase();
}
