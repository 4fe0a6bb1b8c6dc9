import { ListPlus, Rows3, Text, Trash2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Button, IconButton } from '../ui/button.tsx';
import { newPair, type Pair, pairsToText, textToPairs } from './request.ts';

interface PairsProps {
  /** What a row is: `Parameter`. */
  readonly label: string;
  readonly pairs: readonly Pair[];
  readonly onChange: (pairs: readonly Pair[]) => void;
  /** Names that are offered while one is typed. */
  readonly names?: readonly string[];
}

/** Names and values in rows, each of which can be disabled, or all of them as text. */
export function Pairs({ label, pairs, onChange, names = [] }: PairsProps): ReactNode {
  const [bulk, setBulk] = useState<string>();
  const shown = pairs.length === 0 ? [{ ...newPair(), id: 'first' }] : pairs;
  const change = (id: string, part: Partial<Pair>): void => {
    // The row that waits for something to be typed becomes a real one.
    onChange(shown.map((pair) => (pair.id === id ? { ...pair, ...part, id: pair.id === 'first' ? 'row-1' : pair.id } : pair)));
  };
  const edit = (text: string): void => {
    setBulk(text);
    onChange(textToPairs(text));
  };
  if (bulk !== undefined) {
    return (
      <div className="column run-pairs">
        <textarea
          className="input mono run-bulk"
          aria-label={`${label}s as text`}
          placeholder="name: value, one per line; # disables a line"
          spellCheck={false}
          value={bulk}
          onChange={(event) => edit(event.target.value)}
        />
        <PairsFoot icon={<Rows3 size={14} aria-hidden />} text="Edit as rows" onClick={() => setBulk(undefined)} />
      </div>
    );
  }
  const list = `names-of-${label}`;
  return (
    <div className="run-pairs">
      {shown.map((pair, at) => (
        <PairRow
          key={pair.id === 'first' ? 'row-1' : pair.id}
          label={`${label} ${at + 1}`}
          pair={pair}
          list={names.length > 0 ? list : undefined}
          onChange={(part) => change(pair.id, part)}
          onRemove={() => onChange(pairs.filter(({ id }) => id !== pair.id))}
        />
      ))}
      {names.length > 0 && (
        <datalist id={list}>
          {names.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </datalist>
      )}
      <div className="row">
        <Button kind="quiet" onClick={() => onChange([...(pairs.length === 0 ? [{ ...newPair(), id: 'row-1' }] : pairs), newPair()])}>
          <ListPlus size={14} aria-hidden /> Add
        </Button>
        <PairsFoot icon={<Text size={14} aria-hidden />} text="Edit as text" onClick={() => setBulk(pairsToText(pairs))} />
      </div>
    </div>
  );
}

function PairsFoot({ icon, text, onClick }: { readonly icon: ReactNode; readonly text: string; readonly onClick: () => void }): ReactNode {
  return (
    <Button kind="quiet" onClick={onClick}>
      {icon} {text}
    </Button>
  );
}

interface PairRowProps {
  readonly label: string;
  readonly pair: Pair;
  readonly list: string | undefined;
  readonly onChange: (part: Partial<Pair>) => void;
  readonly onRemove: () => void;
}

function PairRow({ label, pair, list, onChange, onRemove }: PairRowProps): ReactNode {
  return (
    <div className="run-pair">
      <input type="checkbox" aria-label={`${label}: send`} checked={pair.on} onChange={(event) => onChange({ on: event.target.checked })} />
      <input
        className="input mono"
        aria-label={`${label}: name`}
        placeholder="name"
        spellCheck={false}
        autoComplete="off"
        list={list}
        value={pair.name}
        onChange={(event) => onChange({ name: event.target.value })}
      />
      <input
        className="input mono"
        aria-label={`${label}: value`}
        placeholder="value"
        spellCheck={false}
        autoComplete="off"
        value={pair.value}
        onChange={(event) => onChange({ value: event.target.value })}
      />
      <IconButton label={`Remove ${label.toLowerCase()}`} icon={<Trash2 size={14} />} onClick={onRemove} />
    </div>
  );
}
