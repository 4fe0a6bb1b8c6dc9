const size = 64 * 1024;

const lengthBytes = 4;

/**
 * Log lines that the worker has written and not yet sent, where its watchdog can read them: the last
 * words of a function that never returns. One side writes, the other reads once the first one hangs.
 */
export class UnsentLines {
  readonly shared: SharedArrayBuffer;
  readonly #length: Int32Array;
  readonly #bytes: Buffer;

  constructor(shared = new SharedArrayBuffer(lengthBytes + size)) {
    this.shared = shared;
    this.#length = new Int32Array(shared, 0, 1);
    this.#bytes = Buffer.from(shared, lengthBytes);
  }

  /** Adds a line; when there is no more room for it the older ones go. Line ends within it are the caller's to avoid. */
  add(line: string): void {
    const text = `${line}\n`;
    const bytes = Buffer.byteLength(text);
    if (bytes > size) return;
    let at = Atomics.load(this.#length, 0);
    if (at + bytes > size) at = 0;
    this.#bytes.write(text, at);
    Atomics.store(this.#length, 0, at + bytes);
  }

  /** Forgets all lines: they are on their way. */
  clear(): void {
    Atomics.store(this.#length, 0, 0);
  }

  read(): readonly string[] {
    const text = this.#bytes.toString('utf8', 0, Atomics.load(this.#length, 0));
    return text.split('\n').filter((line) => line !== '');
  }
}
