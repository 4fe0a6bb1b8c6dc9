import { useQuery } from '@tanstack/react-query';
import { X } from 'lucide-react';
import { type ReactNode, type Ref, useRef, useState } from 'react';
import { queries } from '../api/queries.ts';
import { levels, type LogFilter } from './filter.ts';

interface LogFiltersProps {
  readonly filter: LogFilter;
  readonly onChange: (change: Partial<LogFilter>) => void;
  readonly textRef: Ref<HTMLInputElement>;
}

/** What lines are sought by. */
export function LogFilters({ filter, onChange, textRef }: LogFiltersProps): ReactNode {
  const { data = [] } = useQuery(queries.functions());
  const names = [...new Set([...data.map(({ name }) => name), filter.function])].filter((name) => name !== '').toSorted();
  return (
    <>
      <select
        className="input logs-select"
        aria-label="Function"
        value={filter.function}
        onChange={(event) => onChange({ function: event.target.value })}
      >
        <option value="">All functions</option>
        {names.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      <select
        className="input logs-select"
        aria-label="Level"
        value={filter.level}
        onChange={(event) => onChange({ level: event.target.value })}
      >
        <option value="">All levels</option>
        {levels.slice(1).map((level) => (
          <option key={level} value={level}>
            {level === 'error' ? 'Errors' : `${level} and above`}
          </option>
        ))}
      </select>
      <TextFilter text={filter.text} onChange={(text) => onChange({ text })} textRef={textRef} />
      <Chip label="Request" value={filter.requestId} onRemove={() => onChange({ requestId: '' })} />
      <Chip label="Socket" value={filter.connectionId} onRemove={() => onChange({ connectionId: '' })} />
    </>
  );
}

interface TextFilterProps {
  readonly text: string;
  readonly onChange: (text: string) => void;
  readonly textRef: Ref<HTMLInputElement>;
}

/** Passes on what is typed when the typing rests. */
function TextFilter({ text, onChange, textRef }: TextFilterProps): ReactNode {
  const [typed, setTyped] = useState<string>();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const type = (value: string): void => {
    setTyped(value);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      onChange(value);
      setTyped(undefined);
    }, 200);
  };
  return (
    <input
      ref={textRef}
      className="input logs-text"
      type="search"
      aria-label="Text"
      placeholder="Text in the message"
      value={typed ?? text}
      onChange={(event) => type(event.target.value)}
    />
  );
}

function Chip({ label, value, onRemove }: { readonly label: string; readonly value: string; readonly onRemove: () => void }): ReactNode {
  if (value === '') return null;
  return (
    <button type="button" className="badge info logs-chip" title={`${value}: show other lines again`} onClick={onRemove}>
      <span className="clip">
        {label} {value}
      </span>
      <X size={12} aria-hidden />
    </button>
  );
}
