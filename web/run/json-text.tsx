import { ChevronDown, ChevronRight } from 'lucide-react';
import { type ReactNode, useMemo, useState } from 'react';

/** Lines drawn at most; what is beyond is in the copied and the downloaded text. */
const lineLimit = 5_000;

// What stands at a place: a name, a string, a number, a word. All the rest is punctuation.
const token = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null)/g;

/** Indented JSON in colours, whose objects and lists can be folded. */
export function JsonText({ text }: { readonly text: string }): ReactNode {
  const lines = useMemo(() => text.split('\n'), [text]);
  const ends = useMemo(() => findEnds(lines), [lines]);
  const [folded, setFolded] = useState<ReadonlySet<number>>(new Set());
  const toggle = (at: number): void => {
    const changed = new Set(folded);
    if (!changed.delete(at)) changed.add(at);
    setFolded(changed);
  };
  const shown = shownLines(lines.length, ends, folded);
  return (
    <div className="run-json mono">
      {shown.map((at) => {
        const end = ends.get(at);
        const isFolded = end !== undefined && folded.has(at);
        return (
          <div key={at} className="run-json-line">
            {end === undefined ? <span className="run-fold" /> : <Fold line={at + 1} folded={isFolded} onToggle={() => toggle(at)} />}
            <span>
              <Coloured line={lines[at] ?? ''} />
              {isFolded && <span className="muted"> … {(lines[end] ?? '').trim()}</span>}
            </span>
          </div>
        );
      })}
      {lines.length > lineLimit && shown.length >= lineLimit && (
        <p className="muted">{lines.length - lineLimit} more lines: copy or download the body.</p>
      )}
    </div>
  );
}

/** The lines that are drawn: not those between the first and the last one of what is folded. */
function shownLines(count: number, ends: ReadonlyMap<number, number>, folded: ReadonlySet<number>): readonly number[] {
  const shown: number[] = [];
  for (let at = 0; at < count && shown.length < lineLimit; at += 1) {
    shown.push(at);
    if (folded.has(at)) at = ends.get(at) ?? at;
  }
  return shown;
}

interface FoldProps {
  readonly line: number;
  readonly folded: boolean;
  readonly onToggle: () => void;
}

function Fold({ line, folded, onToggle }: FoldProps): ReactNode {
  return (
    <button type="button" className="run-fold" aria-expanded={!folded} aria-label={`Fold line ${line}`} onClick={onToggle}>
      {folded ? <ChevronRight size={12} aria-hidden /> : <ChevronDown size={12} aria-hidden />}
    </button>
  );
}

function Coloured({ line }: { readonly line: string }): ReactNode {
  const parts: ReactNode[] = [];
  let end = 0;
  for (const match of line.matchAll(token)) {
    const [found, string = '', colon, number] = match;
    const kind = colon !== undefined ? 'name' : string !== '' ? 'string' : number !== undefined ? 'number' : 'word';
    const word = colon === undefined ? found : string;
    parts.push(
      line.slice(end, match.index),
      <span key={match.index} className={`run-${kind}`}>
        {word}
      </span>,
    );
    end = match.index + word.length;
  }
  return [...parts, line.slice(end)];
}

/** Where each object and list that spans lines ends, by the line on which it begins. */
function findEnds(lines: readonly string[]): ReadonlyMap<number, number> {
  const ends = new Map<number, number>();
  const open: number[] = [];
  for (const [at, line] of lines.entries()) {
    // Each line of indented JSON opens or closes one thing at most.
    if (/[[{]$/.test(line)) open.push(at);
    else if (/^\s*[\]}],?$/.test(line)) ends.set(open.pop() ?? 0, at);
  }
  return ends;
}
