import { type ReactNode, useId } from 'react';

interface NameFieldProps {
  readonly value: string;
  readonly onChange: (name: string) => void;
  /** What is wrong with it; empty for what cannot be taken but needs no word about it. */
  readonly problem: string | undefined;
  readonly hint?: ReactNode;
}

/** Where somebody writes a function's name. */
export function NameField({ value, onChange, problem, hint }: NameFieldProps): ReactNode {
  const id = useId();
  // That nothing is written yet is no fault, nor is what stands there at first.
  const shown = value === '' || problem === '' ? undefined : problem;
  return (
    <div className="field">
      <label htmlFor={id}>Name</label>
      <input
        id={id}
        className="input mono"
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onFocus={(event) => selectLastPart(event.target)}
        aria-invalid={shown !== undefined}
        aria-describedby={`${id}-hint`}
        autoFocus
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        maxLength={300}
      />
      <span id={`${id}-hint`} className={shown === undefined ? 'hint' : 'functions-problem'} role="status">
        {shown ?? hint}
      </span>
    </div>
  );
}

// The folder mostly stays.
function selectLastPart(input: HTMLInputElement): void {
  input.setSelectionRange(input.value.lastIndexOf('/') + 1, input.value.length);
}
