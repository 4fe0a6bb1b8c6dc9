import { X } from 'lucide-react';
import { type ReactNode, useEffect, useRef } from 'react';
import { useLocation } from 'wouter';
import { useCommand } from '../state/commands.ts';
import { useDrafts } from '../state/drafts.ts';
import { functionLink } from '../state/links.ts';
import { useTabs } from '../state/tabs.ts';
import { ContextualMenu } from '../ui/menu.tsx';
import { own } from '../state/own.ts';

/** The functions that are open. Closing one keeps its draft. */
export function EditorTabs({ current }: { readonly current: string }): ReactNode {
  const [, navigate] = useLocation();
  const open = useTabs((state) => state.open);
  const leave = (name: string): void => {
    const next = useTabs.getState().close(name);
    if (name === current) navigate(next === undefined ? '/f' : functionLink(next));
  };
  useCommand({ id: 'editor.close', title: 'Close the tab', group: 'Editor', keys: 'Alt+W', run: () => leave(current) });
  const step = (by: number): void => {
    const next = open[(open.indexOf(current) + by + open.length) % open.length];
    if (next !== undefined) navigate(functionLink(next));
  };
  useCommand({ id: 'editor.next', title: 'Next tab', group: 'Editor', keys: 'Alt+PageDown', run: () => step(1) });
  useCommand({ id: 'editor.previous', title: 'Previous tab', group: 'Editor', keys: 'Alt+PageUp', run: () => step(-1) });
  return (
    <div className="editor-tabs" role="tablist" aria-label="Open functions">
      {open.map((name) => (
        <EditorTab
          key={name}
          name={name}
          current={name === current}
          onShow={() => navigate(functionLink(name))}
          onClose={() => leave(name)}
          onCloseOthers={() => {
            for (const other of open) if (other !== name) useTabs.getState().close(other);
            navigate(functionLink(name));
          }}
        />
      ))}
    </div>
  );
}

interface EditorTabProps {
  readonly name: string;
  readonly current: boolean;
  readonly onShow: () => void;
  readonly onClose: () => void;
  readonly onCloseOthers: () => void;
}

function EditorTab({ name, current, onShow, onClose, onCloseOthers }: EditorTabProps): ReactNode {
  const unsaved = useDrafts((state) => own(state.drafts, name) !== undefined);
  const tab = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (current) tab.current?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [current]);
  const items = [
    { label: 'Close', keys: 'Alt+W', onSelect: onClose },
    { label: 'Close the others', onSelect: onCloseOthers },
  ];
  return (
    <ContextualMenu items={items}>
      <div
        ref={tab}
        role="presentation"
        className={current ? 'editor-tab current' : 'editor-tab'}
        draggable
        onDragStart={(event) => event.dataTransfer.setData('text/x-hearth-tab', name)}
        onDragOver={(event) => event.dataTransfer.types.includes('text/x-hearth-tab') && event.preventDefault()}
        onDrop={(event) => {
          const dragged = event.dataTransfer.getData('text/x-hearth-tab');
          if (dragged !== '' && dragged !== name) useTabs.getState().move(dragged, name);
        }}
        onAuxClick={(event) => event.button === 1 && onClose()}
      >
        <button
          type="button"
          role="tab"
          aria-selected={current}
          tabIndex={current ? 0 : -1}
          title={name}
          onClick={onShow}
          onKeyDown={(event) => {
            if (event.key === 'Delete') onClose();
            else if (event.key.startsWith('Arrow')) focusBeside(event.currentTarget, event.key === 'ArrowLeft' ? -1 : 1);
          }}
        >
          {name.slice(name.lastIndexOf('/') + 1)}
          {unsaved && <span className="editor-dot" role="img" aria-label="draft" />}
        </button>
        <button type="button" className="editor-tab-close" tabIndex={-1} aria-hidden title={`Close ${name}`} onClick={onClose}>
          <X size={13} aria-hidden />
        </button>
      </div>
    </ContextualMenu>
  );
}

function focusBeside(tab: HTMLElement, by: number): void {
  const tabs = [...(tab.closest('[role=tablist]')?.querySelectorAll<HTMLElement>('[role=tab]') ?? [])];
  const next = tabs[tabs.indexOf(tab) + by];
  next?.focus();
  next?.click();
}
