const separator = Buffer.from('\r\n\r\n');
const headerLimit = 1024;

/** A JSON-RPC message as the language server's standard input takes it. */
export function frame(message: unknown): Buffer {
  const body = JSON.stringify(message);
  return Buffer.from(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

/** Takes framed messages apart. Throws when the bytes are no frames or a message has more than `limit` bytes. */
export class FrameReader {
  readonly #limit: number;
  #chunks: Buffer[] = [];
  #size = 0;
  /** How many bytes there must be before looking again is of use. */
  #wanted = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The messages that these bytes complete. */
  take(chunk: Buffer): readonly unknown[] {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size < this.#wanted) return [];
    let bytes = Buffer.concat(this.#chunks, this.#size);
    const messages: unknown[] = [];
    for (let end = this.#endOf(bytes); end !== undefined; end = this.#endOf(bytes)) {
      messages.push(JSON.parse(bytes.toString('utf8', bytes.indexOf(separator) + separator.length, end)));
      bytes = bytes.subarray(end);
    }
    this.#chunks = [bytes];
    this.#size = bytes.length;
    return messages;
  }

  /** Where the first message ends, if all of it is there. */
  #endOf(bytes: Buffer): number | undefined {
    this.#wanted = 0;
    const header = bytes.indexOf(separator);
    if (header < 0) {
      if (bytes.length > headerLimit) throw new Error('A message has no header.');
      return undefined;
    }
    const [, digits] = /(?:^|\r\n)Content-Length: *(\d+)(?:\r\n|$)/i.exec(bytes.toString('latin1', 0, header)) ?? [];
    const length = Number(digits);
    if (!(length <= this.#limit)) throw new Error(`A message has ${digits ?? 'an unknown number of'} bytes.`);
    const end = header + separator.length + length;
    if (end <= bytes.length) return end;
    this.#wanted = end;
    return undefined;
  }
}
