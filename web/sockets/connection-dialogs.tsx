import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { toast } from 'sonner';
import { command } from '../api/client.ts';
import type { Connection } from '../api/queries.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { ErrorNote } from '../ui/feedback.tsx';
import { closeMeaning, isCloseCode } from './close-codes.ts';
import { userText } from './connection-order.ts';
import { shortId } from './connection-row.tsx';
import { FormatSelect } from './format-select.tsx';
import { encode, type Format, type Payload, toBase64 } from './payload.ts';

interface ConnectionDialogProps {
  readonly connection: Connection;
  readonly onClose: () => void;
}

/** Sends a message to one socket. */
export function SendDialog({ connection, onClose }: ConnectionDialogProps): ReactNode {
  const [text, setText] = useState('');
  const [format, setFormat] = useState<Format>('text');
  const encoded = encode(text, format);
  const fault = text !== '' && 'fault' in encoded ? encoded.fault : undefined;
  const send = useMutation({
    mutationFn: (payload: Payload) => command('POST', `${connectionPath(connection)}/send`, { body: bodyOf(payload) }),
    onSuccess: () => {
      toast.success(`Sent to ${nameOf(connection)}.`);
      onClose();
    },
  });
  const submit = (): void => {
    if ('payload' in encoded) send.mutate(encoded.payload);
  };
  const footer = (
    <>
      <Button onClick={onClose}>Cancel</Button>
      <Button kind="primary" type="submit" disabled={'fault' in encoded || send.isPending}>
        Send
      </Button>
    </>
  );
  return (
    <Dialog title={`Send to ${nameOf(connection)}`} onClose={onClose} onSubmit={submit} footer={footer}>
      <label className="field">
        <span>Message</span>
        <textarea
          className="input mono"
          rows={6}
          autoFocus
          spellCheck={false}
          aria-invalid={fault !== undefined}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </label>
      {fault !== undefined && (
        <p className="sockets-fault" role="status">
          {fault}
        </p>
      )}
      <FormatSelect label="Format" value={format} onChange={setFormat} />
      {send.error && <ErrorNote error={send.error} />}
    </Dialog>
  );
}

const longestReason = 123;

/** Closes one socket with a code and a reason. */
export function DisconnectDialog({ connection, onClose }: ConnectionDialogProps): ReactNode {
  const [code, setCode] = useState('1000');
  const [reason, setReason] = useState('');
  const cache = useQueryClient();
  const close = useMutation({
    mutationFn: () => command('DELETE', `${connectionPath(connection)}?${new URLSearchParams({ code, reason })}`),
    onSuccess: () => {
      void cache.invalidateQueries({ queryKey: ['connections'] });
      onClose();
    },
  });
  const isValid = /^\d{4}$/.test(code) && isCloseCode(Number(code));
  const isLong = new TextEncoder().encode(reason).length > longestReason;
  const footer = (
    <>
      <Button onClick={onClose}>Cancel</Button>
      <Button kind="danger" type="submit" disabled={!isValid || isLong || close.isPending}>
        Disconnect
      </Button>
    </>
  );
  return (
    <Dialog title={`Disconnect ${nameOf(connection)}?`} onClose={onClose} onSubmit={() => close.mutate()} footer={footer}>
      <label className="field">
        <span>Close code</span>
        <input
          className="input mono"
          autoFocus
          inputMode="numeric"
          value={code}
          aria-invalid={!isValid}
          onChange={(event) => setCode(event.target.value)}
        />
        <span className="hint">
          {isValid ? closeMeaning(Number(code)) : '1000 to 1014 without 1004 to 1006, or 3000 to 4999; 4000 and above are yours to define.'}
        </span>
      </label>
      <label className="field">
        <span>Reason</span>
        <input className="input" value={reason} aria-invalid={isLong} onChange={(event) => setReason(event.target.value)} />
        <span className="hint">{isLong ? `At most ${longestReason} bytes.` : 'Sent to the client; may be empty.'}</span>
      </label>
      <p className="muted">A client that reconnects automatically will return.</p>
      {close.error && <ErrorNote error={close.error} />}
    </Dialog>
  );
}

function bodyOf(payload: Payload): { data: string; encoding?: 'base64' } {
  return typeof payload === 'string' ? { data: payload } : { data: toBase64(payload), encoding: 'base64' };
}

function connectionPath({ id }: Connection): string {
  return `/v1/connections/${encodeURIComponent(id)}`;
}

function nameOf({ id, user }: Connection): string {
  const who = userText(user);
  return who === '' || who.length > 40 ? shortId(id) : `${who} (${shortId(id)})`;
}
