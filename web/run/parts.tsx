import { FilePlus, ListPlus, Trash2 } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button, IconButton } from '../ui/button.tsx';
import { bytesText } from '../ui/time.tsx';
import { newPair, type Part } from './request.ts';
import { useRequests } from './request-store.ts';

interface PartsProps {
  readonly parts: readonly Part[];
  readonly onChange: (parts: readonly Part[]) => void;
}

/** The parts of a multipart body: texts and files. */
export function Parts({ parts, onChange }: PartsProps): ReactNode {
  const add = (kind: Part['kind']): void => onChange([...parts, { ...newPair(), kind, name: kind === 'file' ? 'file' : '' }]);
  return (
    <div className="run-pairs">
      {parts.map((part, at) => (
        <PartRow
          key={part.id}
          label={`Part ${at + 1}`}
          part={part}
          onChange={(change) => onChange(parts.map((one) => (one.id === part.id ? { ...one, ...change } : one)))}
          onRemove={() => onChange(parts.filter(({ id }) => id !== part.id))}
        />
      ))}
      <div className="row">
        <Button kind="quiet" onClick={() => add('file')}>
          <FilePlus size={14} aria-hidden /> Add a file
        </Button>
        <Button kind="quiet" onClick={() => add('text')}>
          <ListPlus size={14} aria-hidden /> Add a text
        </Button>
      </div>
    </div>
  );
}

interface PartRowProps {
  readonly label: string;
  readonly part: Part;
  readonly onChange: (change: Partial<Part>) => void;
  readonly onRemove: () => void;
}

function PartRow({ label, part, onChange, onRemove }: PartRowProps): ReactNode {
  return (
    <div className="run-pair">
      <input type="checkbox" aria-label={`${label}: send`} checked={part.on} onChange={(event) => onChange({ on: event.target.checked })} />
      <input
        className="input mono"
        aria-label={`${label}: name`}
        placeholder="name"
        spellCheck={false}
        value={part.name}
        onChange={(event) => onChange({ name: event.target.value })}
      />
      {part.kind === 'file' ? (
        <FileField label={label} part={part} onChange={onChange} />
      ) : (
        <input
          className="input mono"
          aria-label={`${label}: value`}
          placeholder="value"
          spellCheck={false}
          value={part.value}
          onChange={(event) => onChange({ value: event.target.value })}
        />
      )}
      <IconButton label={`Remove ${label.toLowerCase()}`} icon={<Trash2 size={14} />} onClick={onRemove} />
    </div>
  );
}

function FileField({ label, part, onChange }: Omit<PartRowProps, 'onRemove'>): ReactNode {
  const file = useRequests((state) => state.files[part.id]);
  const setFile = useRequests((state) => state.setFile);
  const choose = (chosen: File | undefined): void => {
    if (!chosen) return;
    setFile(part.id, chosen);
    onChange({ value: chosen.name });
  };
  return (
    <span className="run-file">
      <input type="file" aria-label={`${label}: file`} onChange={(event) => choose(event.target.files?.[0])} />
      {file && <span className="muted">{bytesText(file.size)}</span>}
      {!file && part.value !== '' && <span className="muted">was {part.value}: choose it again</span>}
    </span>
  );
}
