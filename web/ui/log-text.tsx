import { AnsiUp } from 'ansi_up';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { functionLink } from '../state/links.ts';
import { Badge, type Tone } from './feedback.tsx';
import './log-text.css';

const tones: Readonly<Record<string, Tone>> = { debug: 'plain', info: 'info', warn: 'warn', error: 'bad' };

/** How urgent a line of the log is. */
export function LevelBadge({ level }: { readonly level: string }): ReactNode {
  return <Badge tone={tones[level] ?? 'plain'}>{level}</Badge>;
}

// A place in a function's source, as the host writes it; never the end of a path to a file.
const place = /(?<![\w./-])([\w.-]+(?:\/[\w.-]+)*)\.ts:(\d{1,7}):(\d{1,7})/g;

/** A text of the log: with the colours that its control sequences ask for, and links to the places in sources that it names. */
export function LogText({ text }: { readonly text: string }): ReactNode {
  if (text.includes('\u001B')) return <ColouredText text={text} />;
  const parts: ReactNode[] = [];
  let end = 0;
  for (const match of text.matchAll(place)) {
    const [found, name = '', line, column] = match;
    parts.push(text.slice(end, match.index));
    parts.push(
      <Link key={match.index} href={functionLink(name, Number(line), Number(column))}>
        {found}
      </Link>,
    );
    end = match.index + found.length;
  }
  return parts.length === 0 ? text : [...parts, text.slice(end)];
}

function ColouredText({ text }: { readonly text: string }): ReactNode {
  const ansi = new AnsiUp();
  ansi.use_classes = true;
  ansi.escape_html = true;
  // No link that a log line brings along.
  ansi.url_allowlist = {};
  // The text's own markup is escaped.
  return <span dangerouslySetInnerHTML={{ __html: ansi.ansi_to_html(text) }} />;
}
