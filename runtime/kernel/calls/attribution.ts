import type { FunctionMark } from '../protocol/watchdog-report.ts';

/** What a watcher in another thread has to know: which function a mark stands for. */
export type MarkNotice =
  | { readonly type: 'mark'; readonly id: number; readonly mark: FunctionMark }
  | { readonly type: 'unmark'; readonly id: number };

/**
 * Whose code runs at this moment, as a number in shared memory: a thread that watches this one can read it
 * while this one hangs. Evaluated code has a mark of its own; 0 is the host.
 */
export class Attribution {
  /** The mark of the code that was entered last and has not returned, and the mark of the code whose import is under way. */
  readonly #running: Int32Array;
  readonly #importing: number[] = [];
  readonly #notify: (notice: MarkNotice) => void;
  readonly #marks = new Map<string, number>();
  readonly #keys = new Map<number, string>();
  #last = 0;

  /** `notify` MUST NOT throw. */
  constructor(running: Int32Array = new Int32Array(2), notify: (notice: MarkNotice) => void = () => {}) {
    this.#running = running;
    this.#notify = notify;
  }

  get current(): number {
    return this.#running[0] ?? 0;
  }

  /** Gives evaluated code a mark, until `unmark()`. */
  mark(name: string, revision: number): number {
    this.#last += 1;
    const key = `${name}@${revision}`;
    this.#marks.set(key, this.#last);
    this.#keys.set(this.#last, key);
    this.#notify({ type: 'mark', id: this.#last, mark: { function: name, revision } });
    return this.#last;
  }

  /** Forgets a mark; calls in flight may still run its code. */
  unmark(id: number): void {
    const key = this.#keys.get(id);
    this.#keys.delete(id);
    if (key !== undefined && this.#marks.get(key) === id) this.#marks.delete(key);
    this.#notify({ type: 'unmark', id });
  }

  /** The mark of a function's code; undefined when none is evaluated. */
  markOf(name: string, revision: number): number | undefined {
    return this.#marks.get(`${name}@${revision}`);
  }

  /** Enters the code with this mark; returns what `leave()` takes. */
  enter(mark: number): number {
    const outer = this.#running[0] ?? 0;
    this.#running[0] = mark;
    return outer;
  }

  leave(outer: number): void {
    this.#running[0] = outer;
  }

  /** Waits for what the code with this mark imports: modules that Node evaluates by itself, on a stack without that code. */
  async importing<T>(mark: number, imported: Promise<T>): Promise<T> {
    const importing = this.#importing;
    importing.push(mark);
    this.#running[1] = mark;
    try {
      return await imported;
    } finally {
      importing.splice(importing.indexOf(mark), 1);
      this.#running[1] = importing.at(-1) ?? 0;
    }
  }
}
