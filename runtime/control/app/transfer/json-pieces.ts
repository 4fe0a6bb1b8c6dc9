/** A member of a JSON object, or one element of a member that is an array. */
export interface Piece {
  readonly key: string;
  /** What JSON says, parsed. */
  readonly value: unknown;
  /** Whether it is an element of the member's array. */
  readonly element: boolean;
}

/** Characters of one piece, its levels, and the braces, brackets, colons and commas in it: parsing it blocks, and no revision is nearly as large. */
const lengthLimit = 32 * 1024 * 1024;
const depthLimit = 32;
const signsLimit = 1_000;

/** Characters that are put together at once: texts may be as short as one. */
const partLength = 64 * 1024;

type State = 'begin' | 'key' | 'value' | 'element' | 'next' | 'end';

/**
 * Reads a JSON object piece by piece as its text arrives, so that it need not fit into memory as a whole. Each
 * character is looked at once, however long a piece is.
 * Throws an Error that says what is wrong when the text is no JSON object, and in `end()` when it is cut.
 */
export class JsonPieces {
  readonly #token = new TokenText();
  readonly #scan = new PieceScan();
  #state: State = 'begin';
  #key = '';
  /** Whether the object or array that is being read may end here: it is empty, or no comma stands before. */
  #mayEnd = false;

  /** The pieces that end in this text. */
  take(text: string): Piece[] {
    const pieces: Piece[] = [];
    let at = 0;
    for (;;) {
      if (this.#token.empty) at = this.#open(text, skipBlank(text, at));
      if (at >= text.length) return pieces;
      const end = this.#scan.findEnd(text, at);
      this.#token.add(text.slice(at, end));
      if (end === text.length) return pieces;
      this.#finish(this.#token.take(), text.charAt(end), pieces);
      this.#scan.reset();
      at = end + 1;
    }
  }

  /** To be called after the last text. */
  end(): void {
    if (this.#state !== 'end') throw new Error('it is empty or truncated.');
  }

  /** Goes past the brackets that open the document, or a member's array, if they are here; returns where the next token begins. */
  #open(text: string, at: number): number {
    if (at >= text.length) return at;
    if (this.#state === 'end') throw new Error('something follows its end.');
    const sign = text.charAt(at);
    if (this.#state === 'begin' && sign !== '{') throw new Error('it is not a JSON object.');
    if (this.#state !== 'begin' && (this.#state !== 'value' || sign !== '[')) return at;
    this.#state = this.#state === 'begin' ? 'key' : 'element';
    this.#mayEnd = true;
    return skipBlank(text, at + 1);
  }

  #finish(token: string, delimiter: string, pieces: Piece[]): void {
    const blank = token.trim() === '';
    if (this.#state === 'key') this.#finishKey(token, delimiter, blank);
    else if (this.#state === 'element') this.#finishElement(token, delimiter, pieces);
    else {
      if ((delimiter !== ',' && delimiter !== '}') || blank !== (this.#state === 'next')) throw misplaced(delimiter);
      if (!blank) pieces.push({ key: this.#key, value: parse(token), element: false });
      this.#state = delimiter === '}' ? 'end' : 'key';
    }
    this.#mayEnd = false;
  }

  #finishKey(token: string, delimiter: string, blank: boolean): void {
    if (delimiter === '}' && blank && this.#mayEnd) this.#state = 'end';
    else if (delimiter === ':') [this.#key, this.#state] = [toKey(token), 'value'];
    else throw misplaced(delimiter);
  }

  #finishElement(token: string, delimiter: string, pieces: Piece[]): void {
    if (delimiter !== ',' && delimiter !== ']') throw misplaced(delimiter);
    const empty = token.trim() === '' && delimiter === ']' && this.#mayEnd;
    if (!empty) pieces.push({ key: this.#key, value: parse(token), element: true });
    if (delimiter === ']') this.#state = 'next';
  }
}

/** The text of one token, as it arrives. */
class TokenText {
  #parts: string[] = [];
  #last = '';
  #length = 0;

  get empty(): boolean {
    return this.#length === 0;
  }

  add(text: string): void {
    this.#length += text.length;
    if (this.#length > lengthLimit) throw new Error('one of its members is too large.');
    this.#last += text;
    if (this.#last.length < partLength) return;
    this.#parts.push(this.#last);
    this.#last = '';
  }

  take(): string {
    const text = this.#parts.length === 0 ? this.#last : [...this.#parts, this.#last].join('');
    this.#parts = [];
    this.#last = '';
    this.#length = 0;
    return text;
  }
}

const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a];
const opening = new Set([0x7b, 0x5b]);
const closing = new Set([0x7d, 0x5d]);

/** Looks for the end of a piece. */
class PieceScan {
  #depth = 0;
  #signs = 0;
  #inString = false;
  #escaped = false;

  reset(): void {
    this.#signs = 0;
  }

  /** Where the next delimiter is that is in no string, object or array of the piece itself; the text's length if it is not in it. */
  findEnd(text: string, from: number): number {
    for (let at = from; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (this.#escaped) this.#escaped = false;
      else if (this.#inString) {
        if (code === backslash) this.#escaped = true;
        else if (code === quote) this.#inString = false;
      } else if (code === quote) this.#inString = true;
      else if (this.#isDelimiter(code)) return at;
    }
    return text.length;
  }

  #isDelimiter(code: number): boolean {
    const opens = opening.has(code);
    const closes = closing.has(code);
    if (!opens && !closes && code !== comma && code !== colon) return false;
    if (!opens && this.#depth === 0) return true;
    if (++this.#signs > signsLimit) throw new Error('one of its members has too many parts.');
    if (opens && ++this.#depth > depthLimit) throw new Error('one of its members is nested too deeply.');
    if (closes) this.#depth -= 1;
    return false;
  }
}

function skipBlank(text: string, from: number): number {
  let at = from;
  while (at < text.length && isBlank(text.charCodeAt(at))) at += 1;
  return at;
}

/** Space, tab, line feed and carriage return: what JSON allows between tokens. */
function isBlank(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d && code !== 0x0b && code !== 0x0c);
}

function toKey(token: string): string {
  const key = parse(token);
  if (typeof key !== 'string') throw new Error('it is not valid JSON: the name of a member is not a string.');
  return key;
}

function parse(token: string): unknown {
  try {
    return JSON.parse(token);
  } catch {
    throw new Error('it is not valid JSON.');
  }
}

function misplaced(sign: string): Error {
  return new Error(`it is not valid JSON: a "${sign}" is out of place.`);
}
