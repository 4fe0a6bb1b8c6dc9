import { Pencil, Trash2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { toast } from 'sonner';
import { Button, IconButton } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { type SavedMessage, useDefinitions } from './definitions.ts';
import { FormatSelect } from './format-select.tsx';
import type { LiveSocket } from './live-socket.ts';
import { encode, formats } from './payload.ts';

interface SavedMessagesProps {
  /** Puts a message where the client's next one is written. */
  readonly onUse: (message: SavedMessage) => void;
  /** The client's socket when it is open. */
  readonly socket?: LiveSocket;
  readonly onClose: () => void;
}

/** All messages that are kept: to send, use, edit or delete. */
export function SavedMessages({ onUse, socket, onClose }: SavedMessagesProps): ReactNode {
  const messages = useDefinitions((state) => state.messages);
  const remove = useDefinitions((state) => state.removeMessage);
  const [edited, setEdited] = useState<SavedMessage>();
  const send = (message: SavedMessage): void => {
    const encoded = encode(message.text, message.format);
    if ('fault' in encoded) toast.error(encoded.fault);
    else if (socket?.send(encoded.payload)) toast.success(`Sent “${message.name}”.`);
  };
  return (
    <Dialog title="Saved messages" onClose={onClose}>
      {messages.length === 0 && <p className="muted">None yet. Write a message and choose “Save this message…”.</p>}
      <ul className="sockets-saved">
        {messages.map((message) => (
          <li key={message.id} className="row">
            <div className="grow">
              <div className="clip">
                <strong>{message.name}</strong> <span className="muted">{formats[message.format]}</span>
              </div>
              <code className="clip">{message.text}</code>
            </div>
            <Button disabled={!socket} aria-label={`Send ${message.name}`} onClick={() => send(message)}>
              Send
            </Button>
            <Button
              aria-label={`Use ${message.name}`}
              onClick={() => {
                onUse(message);
                onClose();
              }}
            >
              Use
            </Button>
            <IconButton label={`Edit ${message.name}`} icon={<Pencil size={15} />} onClick={() => setEdited(message)} />
            <IconButton label={`Delete ${message.name}`} icon={<Trash2 size={15} />} onClick={() => remove(message.id)} />
          </li>
        ))}
      </ul>
      {edited && <MessageDialog title="Edit a message" message={edited} onClose={() => setEdited(undefined)} />}
    </Dialog>
  );
}

interface MessageDialogProps {
  readonly title: string;
  readonly message: SavedMessage;
  readonly onClose: () => void;
}

/** Names a message and keeps it. */
export function MessageDialog({ title, message, onClose }: MessageDialogProps): ReactNode {
  const [draft, setDraft] = useState(message);
  const save = useDefinitions((state) => state.saveMessage);
  const submit = (): void => {
    save({ ...draft, name: draft.name.trim() });
    onClose();
  };
  const footer = (
    <>
      <Button onClick={onClose}>Cancel</Button>
      <Button kind="primary" type="submit" disabled={draft.name.trim() === ''}>
        Save
      </Button>
    </>
  );
  return (
    <Dialog title={title} onClose={onClose} onSubmit={submit} footer={footer}>
      <label className="field">
        <span>Name</span>
        <input className="input" autoFocus value={draft.name} onChange={(event) => setDraft({ ...draft, name: event.target.value })} />
      </label>
      <label className="field">
        <span>Message</span>
        <textarea
          className="input mono"
          rows={6}
          value={draft.text}
          spellCheck={false}
          onChange={(event) => setDraft({ ...draft, text: event.target.value })}
        />
      </label>
      <FormatSelect label="Format" value={draft.format} onChange={(format) => setDraft({ ...draft, format })} />
      <span className="muted">Kept in this browser, for all clients of this console.</span>
    </Dialog>
  );
}
