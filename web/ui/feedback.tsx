import { AlertTriangle, Check, CircleAlert, Copy, Info } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { toast } from 'sonner';
import { ApiError } from '../api/client.ts';
import { IconButton } from './button.tsx';
import { copyText } from './clipboard.ts';

export type Tone = 'plain' | 'good' | 'warn' | 'bad' | 'info';

/** A word or a number that stands out. */
export function Badge({ tone = 'plain', children }: { readonly tone?: Tone; readonly children: ReactNode }): ReactNode {
  return <span className={`badge ${tone}`}>{children}</span>;
}

interface EmptyProps {
  readonly title: string;
  readonly children?: ReactNode;
  /** Buttons: what can be done about it. */
  readonly actions?: ReactNode;
}

/** Says why there is nothing to see, and what to do. */
export function Empty({ title, children, actions }: EmptyProps): ReactNode {
  return (
    <div className="empty">
      {title !== '' && <h2>{title}</h2>}
      {children !== undefined && <p>{children}</p>}
      {actions !== undefined && <div className="row">{actions}</div>}
    </div>
  );
}

const icons = { info: Info, warn: AlertTriangle, bad: CircleAlert } as const;

/** A sentence for people. */
export function Note({ tone, children }: { readonly tone: keyof typeof icons; readonly children: ReactNode }): ReactNode {
  const Icon = icons[tone];
  return (
    <div className={`note ${tone}`} role={tone === 'info' ? 'note' : 'alert'}>
      <Icon size={15} aria-hidden />
      <div className="grow">{children}</div>
    </div>
  );
}

/** An error with its code, as the docs list them. */
export function ErrorNote({ error }: { readonly error: unknown }): ReactNode {
  return (
    <Note tone="bad">
      {messageOf(error)} {error instanceof ApiError && error.status > 0 && <code>{error.code}</code>}
    </Note>
  );
}

/** What an error says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Tells an error in passing. */
export function toastError(error: unknown): void {
  toast.error(messageOf(error));
}

/** A wheel that says that something is on its way. */
export function Spinner({ label = 'Loading' }: { readonly label?: string }): ReactNode {
  return <span className="spinner" role="status" aria-label={label} />;
}

/** Copies a text. */
export function CopyButton({ text, label }: { readonly text: string | (() => string); readonly label: string }): ReactNode {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), 1_500);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = (): void => {
    void copyText(typeof text === 'string' ? text : text()).then(() => setCopied(true), toastError);
  };
  return <IconButton label={copied ? 'Copied' : label} icon={copied ? <Check size={15} /> : <Copy size={15} />} onClick={copy} />;
}
