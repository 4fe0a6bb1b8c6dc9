import { type Payload, sizeOf } from './payload.ts';

/** A line of a client's log: a message, or something that happened to the socket. */
export type Frame = MessageFrame | NoteFrame;

interface Line {
  /** Grows by one with each line. */
  readonly seq: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

export interface MessageFrame extends Line {
  readonly kind: 'sent' | 'received';
  readonly payload: Payload;
  readonly bytes: number;
}

export interface NoteFrame extends Line {
  readonly kind: 'note';
  readonly tone: 'plain' | 'good' | 'warn' | 'bad';
  readonly text: string;
}

const maximumFrames = 10_000;
const maximumBytes = 64_000_000;
// Dropping from the front moves all that stays: it is done for many at once.
const slack = 1_000;

/** The newest frames of a client. Watchers are told once for each frame that the browser draws. */
export class FrameLog {
  #frames: Frame[] = [];
  #shown: readonly Frame[] = [];
  #bytes = 0;
  #seq = 0;
  #isDrawing = false;
  readonly #listeners = new Set<() => void>();

  /** The frames of the last time that watchers were told; another list after each. */
  readonly snapshot = (): readonly Frame[] => this.#shown;

  /** Has `listener` told of changes; answers how to end it. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    this.#shown = [...this.#frames];
    return () => this.#listeners.delete(listener);
  };

  addMessage(kind: MessageFrame['kind'], payload: Payload): void {
    const bytes = sizeOf(payload);
    this.#bytes += bytes;
    this.#add({ seq: this.#next(), time: Date.now(), kind, payload, bytes });
  }

  addNote(tone: NoteFrame['tone'], text: string): void {
    this.#add({ seq: this.#next(), time: Date.now(), kind: 'note', tone, text });
  }

  clear(): void {
    this.#frames = [];
    this.#bytes = 0;
    this.#tellLater();
  }

  #next(): number {
    this.#seq += 1;
    return this.#seq;
  }

  #add(frame: Frame): void {
    this.#frames.push(frame);
    if (this.#frames.length > maximumFrames + slack) this.#drop(slack);
    while (this.#bytes > maximumBytes && this.#frames.length > 1) this.#drop(Math.ceil(this.#frames.length / 10));
    this.#tellLater();
  }

  #drop(count: number): void {
    for (const frame of this.#frames.splice(0, count)) if (frame.kind !== 'note') this.#bytes -= frame.bytes;
  }

  #tellLater(): void {
    if (this.#listeners.size === 0 || this.#isDrawing) return;
    this.#isDrawing = true;
    requestAnimationFrame(() => {
      this.#isDrawing = false;
      this.#shown = [...this.#frames];
      for (const listener of this.#listeners) listener();
    });
  }
}

/** A frame in one line of text. */
export function frameText(frame: Frame): string {
  if (frame.kind === 'note') return frame.text;
  return typeof frame.payload === 'string' ? frame.payload : `(${frame.bytes} bytes)`;
}
