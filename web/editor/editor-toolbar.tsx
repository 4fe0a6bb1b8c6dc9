import { useMutation } from '@tanstack/react-query';
import { AlignLeft, FileDiff, History, MessageSquareText, Rocket, RotateCw, Undo2 } from 'lucide-react';
import { Popover } from 'radix-ui';
import { Fragment, type ReactNode } from 'react';
import { toast } from 'sonner';
import { useLocation } from 'wouter';
import { call } from '../api/client.ts';
import { reserved } from '../../runtime/kernel/functions/name.ts';
import type { FunctionDetail } from '../api/queries.ts';
import type { Draft } from '../state/drafts.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { useCommand } from '../state/commands.ts';
import { Badge, Spinner, toastError } from '../ui/feedback.tsx';
import { overlays } from '../ui/overlays.ts';
import { type Methods, type PublishSettings, sameMethods, usePublishSettings } from './publish-settings.ts';
import { own } from '../state/own.ts';

const noSettings: PublishSettings = {};
const httpMethods: readonly NonNullable<Methods>[number][] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

interface EditorToolbarProps {
  readonly name: string;
  readonly live: FunctionDetail | undefined;
  readonly draft: Draft | undefined;
  readonly busy: boolean;
  readonly onPublish: () => void;
  readonly onDiff: () => void;
  readonly onDiscard: () => void;
  readonly onFormat: () => void;
}

/** What the function in front is, and what can be done with it. */
export function EditorToolbar({ name, live, draft, busy, onPublish, onDiff, onDiscard, onFormat }: EditorToolbarProps): ReactNode {
  const [, navigate] = useLocation();
  const settings = usePublishSettings((state) => own(state.settings, name) ?? noSettings);
  const otherMethods = live !== undefined && settings.methods !== undefined && !sameMethods(settings.methods, live.methods);
  return (
    <div className="toolbar editor-toolbar">
      <Breadcrumb name={name} />
      <StateBadge live={live} draft={draft} />
      {live && <span className="muted">r{draft && draft.base > 0 ? draft.base : live.revision}</span>}
      <span className="grow" />
      <IconButton
        label="Compare with the live revision"
        keys="Mod+Shift+D"
        icon={<FileDiff size={16} />}
        disabled={!draft}
        onClick={onDiff}
      />
      <IconButton label="Format" keys="Shift+Alt+F" icon={<AlignLeft size={16} />} onClick={onFormat} />
      <IconButton
        label="History"
        icon={<History size={16} />}
        disabled={!live}
        onClick={() => navigate(`/f/${encodeURIComponent(name)}/r/`)}
      />
      <IconButton label="Discard the draft" icon={<Undo2 size={16} />} disabled={!draft} onClick={onDiscard} />
      <RunInit name={name} live={live} />
      <MethodsField
        name={name}
        methods={settings.methods === undefined ? (live?.methods ?? null) : settings.methods}
        changed={otherMethods}
      />
      <NoteField name={name} />
      <Button kind={draft || otherMethods ? 'primary' : 'plain'} aria-keyshortcuts="Control+S" aria-busy={busy} onClick={onPublish}>
        {busy ? <Spinner label="Publishing" /> : <Rocket size={15} aria-hidden />}
        Publish
      </Button>
    </div>
  );
}

function StateBadge({ live, draft }: Pick<EditorToolbarProps, 'live' | 'draft'>): ReactNode {
  if (draft) return <Badge tone="warn">draft</Badge>;
  return live?.quarantine ? <Badge tone="bad">off</Badge> : <Badge tone="good">live</Badge>;
}

function Breadcrumb({ name }: { readonly name: string }): ReactNode {
  const parts = name.split('/');
  return (
    <h1 className="editor-crumbs mono" title={name}>
      {parts.map((part, at) => (
        <Fragment key={parts.slice(0, at + 1).join('/')}>
          {at > 0 && <span className="muted"> / </span>}
          <span className={at < parts.length - 1 ? 'muted' : ''}>{part}</span>
        </Fragment>
      ))}
    </h1>
  );
}

/** Runs `__init__` again: a publish does not. */
function RunInit({ name, live }: Pick<EditorToolbarProps, 'name' | 'live'>): ReactNode {
  const run = useMutation({
    mutationFn: () => call('Initialized', '/v1/worker/init', { method: 'POST' }),
    onSuccess: ({ tookMs }) => void toast.success(`__init__ has run, in ${Math.max(1, Math.round(tookMs))} ms`),
    onError: toastError,
  });
  const exists = name === reserved.init && live !== undefined;
  useCommand(exists ? { id: 'function.init', title: 'Run __init__ again', group: 'Functions', run: () => run.mutate() } : undefined);
  if (!exists) return null;
  return (
    <Button disabled={run.isPending} title="Runs the live revision in the serving worker" onClick={() => run.mutate()}>
      {run.isPending ? <Spinner label="Running" /> : <RotateCw size={14} aria-hidden />}
      Run again
    </Button>
  );
}

function NoteField({ name }: { readonly name: string }): ReactNode {
  const { settings, set } = usePublishSettings();
  const given = own(settings, name);
  const note = given?.note ?? '';
  return (
    <Popover.Root>
      <Popover.Trigger asChild>
        <Button kind="quiet" className="icon" aria-label={note === '' ? 'Add a revision note' : `Note: ${note}`} title="Revision note">
          <MessageSquareText size={16} className={note === '' ? '' : 'editor-noted'} aria-hidden />
        </Button>
      </Popover.Trigger>
      <Popover.Portal container={overlays()}>
        <Popover.Content className="editor-popover" aria-label="Revision note" sideOffset={4} collisionPadding={6} align="end">
          <label className="field">
            <span>What changed</span>
            <textarea
              className="input"
              rows={3}
              maxLength={2_000}
              value={note}
              placeholder="Optional"
              onChange={({ target }) => set(name, { ...given, note: target.value })}
            />
          </label>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

interface MethodsFieldProps {
  readonly name: string;
  readonly methods: Methods;
  readonly changed: boolean;
}

function MethodsField({ name, methods, changed }: MethodsFieldProps): ReactNode {
  const { settings, set } = usePublishSettings();
  const choose = (chosen: Methods): void => set(name, { ...own(settings, name), methods: chosen });
  const toggle = (method: (typeof httpMethods)[number], on: boolean): void => {
    const chosen = httpMethods.filter((one) => (one === method ? on : (methods?.includes(one) ?? true)));
    choose(chosen.length === httpMethods.length ? null : chosen);
  };
  const text = methods === null ? 'All methods' : methods.length < 3 ? methods.join(' ') || 'No method' : `${methods.length} methods`;
  return (
    <Popover.Root>
      <Popover.Trigger asChild>
        <Button kind="quiet" className="editor-methods" title="Allowed HTTP methods">
          {text}
          {changed && <span className="editor-dot" role="img" aria-label="changed" />}
        </Button>
      </Popover.Trigger>
      <Popover.Portal container={overlays()}>
        <Popover.Content className="editor-popover" aria-label="HTTP methods" sideOffset={4} collisionPadding={6} align="end">
          <strong>Allowed HTTP methods</strong>
          <label className="check">
            <input type="checkbox" checked={methods === null} onChange={({ target }) => choose(target.checked ? null : ['GET', 'POST'])} />
            All
          </label>
          {httpMethods.map((method) => (
            <label key={method} className="check">
              <input
                type="checkbox"
                checked={methods === null || methods.includes(method)}
                onChange={({ target }) => toggle(method, target.checked)}
              />
              {method}
            </label>
          ))}
          <span className="muted">Takes effect with the next publish.</span>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
