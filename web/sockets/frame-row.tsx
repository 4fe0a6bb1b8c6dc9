import { memo, type ReactNode } from 'react';
import { CopyButton } from '../ui/feedback.tsx';
import { bytesText, clockText } from '../ui/time.tsx';
import type { Frame, MessageFrame } from './frame-log.ts';
import { hexDump, hexText, prettyJson } from './payload.ts';

const previewLength = 300;
const longestText = 100_000;
const longestDump = 4_096;

interface FrameRowProps {
  readonly frame: Frame;
  readonly expanded: boolean;
  readonly onToggle: (seq: number) => void;
}

/** One line of a client's log; a message opens to all of it. */
export const FrameRow = memo(function FrameRow({ frame, expanded, onToggle }: FrameRowProps): ReactNode {
  if (frame.kind === 'note') {
    return (
      <div className={`sockets-note ${frame.tone}`}>
        <time className="numeric">{clockText(frame.time)}</time> {frame.text}
      </div>
    );
  }
  const sent = frame.kind === 'sent';
  return (
    <div className={`sockets-frame ${frame.kind}`}>
      <button type="button" className="sockets-frame-line" aria-expanded={expanded} onClick={() => onToggle(frame.seq)}>
        <time className="numeric">{clockText(frame.time)}</time>
        <span className="sockets-arrow" role="img" aria-label={sent ? 'sent' : 'received'}>
          {sent ? '↑' : '↓'}
        </span>
        <code className="grow clip">{previewOf(frame)}</code>
        <span className="sockets-size numeric">
          {typeof frame.payload === 'string' ? '' : 'binary, '}
          {bytesText(frame.bytes)}
        </span>
      </button>
      <CopyButton text={() => copyText(frame)} label="Copy this frame" />
      {expanded && <pre className="sockets-frame-whole">{wholeOf(frame)}</pre>}
    </div>
  );
});

/** A frame as it is copied: the text, or the bytes in hex. */
function copyText(frame: Frame): string {
  if (frame.kind === 'note') return frame.text;
  return typeof frame.payload === 'string' ? frame.payload : hexText(frame.payload, Number.POSITIVE_INFINITY);
}

/** Frames as they are copied together: time, direction, what it was. */
export function copyAllText(frames: readonly Frame[]): string {
  const marks = { sent: '↑', received: '↓', note: '·' };
  return frames.map((frame) => `${new Date(frame.time).toISOString()} ${marks[frame.kind]} ${copyText(frame)}`).join('\n');
}

function previewOf({ payload }: MessageFrame): string {
  if (typeof payload !== 'string') return payload.length === 0 ? '(empty)' : hexText(payload, 32);
  return payload === '' ? '(empty)' : payload.slice(0, previewLength);
}

function wholeOf({ payload }: MessageFrame): string {
  if (typeof payload !== 'string') return hexDump(payload, longestDump);
  if (payload.length <= longestText) return prettyJson(payload);
  return `${payload.slice(0, longestText)}\n… ${payload.length - longestText} characters more: copy the frame to see all`;
}
