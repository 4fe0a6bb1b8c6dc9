import type { ReactNode } from 'react';
import { type Format, formats } from './payload.ts';

interface FormatSelectProps {
  readonly label: string;
  readonly value: Format;
  readonly onChange: (format: Format) => void;
}

/** Chooses how what is written becomes a message. */
export function FormatSelect({ label, value, onChange }: FormatSelectProps): ReactNode {
  return (
    <select className="input sockets-format" aria-label={label} value={value} onChange={(event) => onChange(toFormat(event.target.value))}>
      {Object.entries(formats).map(([format, words]) => (
        <option key={format} value={format}>
          {words}
        </option>
      ))}
    </select>
  );
}

function toFormat(value: string): Format {
  return value === 'json' || value === 'base64' || value === 'hex' ? value : 'text';
}
