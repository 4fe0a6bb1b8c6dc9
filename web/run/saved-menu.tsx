import { Bookmark } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Button, IconButton } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Menu, type MenuItem } from '../ui/menu.tsx';
import { useFunctionRequests, useRequests } from './request-store.ts';

/** The requests that were saved for a function: load one, save the current one, delete one. */
export function SavedMenu({ name }: { readonly name: string }): ReactNode {
  const { saved } = useFunctionRequests(name);
  const { save, restore, forget } = useRequests();
  const [last, setLast] = useState('');
  const [naming, setNaming] = useState(false);
  const labels = Object.keys(saved).toSorted();
  const current = labels.includes(last) ? last : undefined;
  const load = (label: string): void => {
    setLast(label);
    restore(name, label);
  };
  const items: MenuItem[] = [
    ...labels.map((label) => ({ label, checked: label === current, onSelect: () => load(label) })),
    ...(labels.length > 0 ? [{ separator: true } as const] : []),
    ...(current === undefined ? [] : [{ label: `Save to “${current}”`, onSelect: () => save(name, current) }]),
    { label: 'Save as…', onSelect: () => setNaming(true) },
    ...(current === undefined ? [] : [{ label: `Delete “${current}”`, danger: true, onSelect: () => forget(name, current) }]),
  ];
  const saveAs = (label: string): void => {
    save(name, label);
    setLast(label);
    setNaming(false);
  };
  return (
    <>
      <Menu items={items}>
        <IconButton label="Saved requests" icon={<Bookmark size={15} />} />
      </Menu>
      {naming && <NameDialog onClose={() => setNaming(false)} onName={saveAs} />}
    </>
  );
}

function NameDialog({ onClose, onName }: { readonly onClose: () => void; readonly onName: (label: string) => void }): ReactNode {
  const [label, setLabel] = useState('');
  const submit = (): void => {
    if (label.trim() !== '') onName(label.trim());
  };
  return (
    <Dialog
      title="Save the request"
      onClose={onClose}
      onSubmit={submit}
      footer={
        <Button kind="primary" type="submit" disabled={label.trim() === ''}>
          Save
        </Button>
      }
    >
      <label className="field">
        <span>Name</span>
        <input className="input" autoFocus value={label} onChange={(event) => setLabel(event.target.value)} />
        <span className="hint">Replaces a request with the same name. Saved in this browser, without tokens and files.</span>
      </label>
    </Dialog>
  );
}
