import { Bookmark, SendHorizontal } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useRef, useState } from 'react';
import { Button, IconButton } from '../ui/button.tsx';
import { Menu, type MenuItem } from '../ui/menu.tsx';
import { type Composing, remember, useComposing } from './composing.ts';
import { type SavedMessage, useDefinitions } from './definitions.ts';
import { FormatSelect } from './format-select.tsx';
import type { LiveSocket } from './live-socket.ts';
import { encode, prettyJson } from './payload.ts';
import { MessageDialog, SavedMessages } from './saved-messages.tsx';
import { newId } from '../state/id.ts';

const mostTimes = 1_000;

interface ComposerProps {
  readonly client: string;
  readonly name: string;
  readonly socket: LiveSocket;
  readonly isOpen: boolean;
}

/** Where a client's next message is written. */
export function Composer({ client, name, socket, isOpen }: ComposerProps): ReactNode {
  const [composing, change] = useComposing(client);
  const [times, setTimes] = useState(1);
  const { text, format, history } = composing;
  const encoded = encode(text, format);
  const fault = text !== '' && 'fault' in encoded ? encoded.fault : undefined;
  const send = (): void => {
    if ('fault' in encoded || !isOpen) return;
    for (let left = times; left > 0; left -= 1) socket.send(encoded.payload);
    change({ text: '', history: remember(history, text) });
  };
  const pressed = useComposerKeys(composing, change, send);
  return (
    <form
      className="sockets-composer"
      aria-label={`Message of ${name}`}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        className="input mono"
        rows={2}
        aria-label={`Message of ${name}`}
        aria-invalid={fault !== undefined}
        placeholder="Message — Enter sends, Shift+Enter breaks the line, ↑ brings back what was sent"
        value={text}
        spellCheck={false}
        onChange={(event) => change({ text: event.target.value })}
        onKeyDown={pressed}
      />
      {fault !== undefined && (
        <p className="sockets-fault" role="status">
          {fault}
        </p>
      )}
      <div className="row sockets-composer-bar">
        <FormatSelect label={`Format of the message of ${name}`} value={format} onChange={(next) => change({ format: next })} />
        {format === 'json' && (
          <Button disabled={text === '' || fault !== undefined} onClick={() => change({ text: prettyJson(text) })}>
            Format
          </Button>
        )}
        <SavedMenu composing={composing} onUse={change} socket={socket} isOpen={isOpen} />
        <span className="grow" />
        <label className="row sockets-times">
          <span aria-hidden>×</span>
          <input
            className="input"
            type="number"
            min={1}
            max={mostTimes}
            aria-label={`How often ${name} sends it`}
            value={times}
            onChange={(event) => setTimes(Math.min(mostTimes, Math.max(1, Math.trunc(event.target.valueAsNumber) || 1)))}
          />
        </label>
        <Button kind="primary" type="submit" disabled={!isOpen || 'fault' in encoded}>
          <SendHorizontal size={14} aria-hidden /> Send
        </Button>
      </div>
    </form>
  );
}

type Change = (change: Partial<Composing>) => void;

/** Enter sends; the arrow up goes back through what was sent while nothing else is written. */
function useComposerKeys({ text, history }: Composing, change: Change, send: () => void): (event: KeyboardEvent) => void {
  const at = useRef<number>(undefined);
  const browse = (event: KeyboardEvent, step: number): void => {
    const from = at.current !== undefined && history[at.current] === text ? at.current : undefined;
    const next = (from ?? history.length) + step;
    // The arrows move the caret as ever while something else is written.
    if (next < 0 || (from === undefined && (text !== '' || step > 0))) return;
    event.preventDefault();
    at.current = next;
    change({ text: history[next] ?? '' });
  };
  return (event) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'ArrowUp' || event.key === 'ArrowDown') browse(event, event.key === 'ArrowUp' ? -1 : 1);
    if (event.key !== 'Enter' || event.shiftKey || event.altKey) return;
    event.preventDefault();
    at.current = undefined;
    send();
  };
}

interface SavedMenuProps {
  readonly composing: Composing;
  readonly onUse: Change;
  readonly socket: LiveSocket;
  readonly isOpen: boolean;
}

function SavedMenu({ composing, onUse, socket, isOpen }: SavedMenuProps): ReactNode {
  const messages = useDefinitions((state) => state.messages);
  const [saving, setSaving] = useState<SavedMessage>();
  const [isListed, setListed] = useState(false);
  const { text, format } = composing;
  const take = (message: SavedMessage): void => onUse({ text: message.text, format: message.format });
  const items: MenuItem[] = [
    ...messages.map((message) => ({ label: message.name, onSelect: () => take(message) })),
    ...(messages.length > 0 ? [{ separator: true as const }] : []),
    { label: 'Save this message…', disabled: text === '', onSelect: () => setSaving({ id: newId(), name: '', text, format }) },
    { label: 'Saved messages…', onSelect: () => setListed(true) },
  ];
  return (
    <>
      <Menu items={items}>
        <IconButton label="Saved messages" icon={<Bookmark size={15} />} />
      </Menu>
      {saving && <MessageDialog title="Save a message" message={saving} onClose={() => setSaving(undefined)} />}
      {isListed && <SavedMessages onUse={take} {...(isOpen && { socket })} onClose={() => setListed(false)} />}
    </>
  );
}
