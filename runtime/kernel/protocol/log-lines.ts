/** Characters of one log line; the rest is cut. */
const lineLimit = 16_384;

/** The line as the log keeps it. */
export function cutLine(line: string): string {
  return line.length <= lineLimit ? line : mark(line.slice(0, lineLimit), line.length - lineLimit);
}

/** Makes lines of a stream of text. Holds one line that has not ended, and of that no more than the log keeps. */
export class LineSplitter {
  #line = '';
  #cut = 0;

  /** Whether a line has begun and not ended. */
  get open(): boolean {
    return this.#line !== '' || this.#cut > 0;
  }

  /** Calls `take` with each line that ends in this text, without its line end. */
  push(text: string, take: (line: string) => void): void {
    let from = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', from)) {
      this.#append(text, from, end);
      take(this.#take());
      from = end + 1;
    }
    this.#append(text, from, text.length);
  }

  /** Calls `take` with the line that has not ended, if there is one. */
  flush(take: (line: string) => void): void {
    if (this.open) take(this.#take());
  }

  #append(text: string, from: number, end: number): void {
    const fits = Math.min(end, from + lineLimit - this.#line.length);
    this.#line += text.slice(from, fits);
    this.#cut += end - fits;
  }

  #take(): string {
    const line = this.#cut > 0 ? mark(this.#line, this.#cut) : this.#line.replace(/\r$/, '');
    this.#line = '';
    this.#cut = 0;
    return line;
  }
}

function mark(line: string, cut: number): string {
  return `${line}… (${cut} more characters)`;
}
