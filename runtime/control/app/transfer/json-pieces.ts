/** A member of a JSON object, or one element of a member that is an array. */
export interface Piece {
  readonly key: string;
  /** What JSON says, parsed. */
  readonly value: unknown;
  /** Whether it is an element of the member's array. */
  readonly element: boolean;
}

/** Characters of one piece: no revision is nearly as large. */
const pieceLimit = 64 * 1024 * 1024;

type State = 'begin' | 'key' | 'value' | 'element' | 'next' | 'end';

/**
 * Reads a JSON object piece by piece as its text arrives, so that it need not fit into memory as a whole.
 * Throws an Error that says what is wrong when the text is no JSON object, and in `end()` when it is cut.
 */
export class JsonPieces {
  #text = '';
  /** Where to go on looking for the end of the piece that the text begins with. */
  #at = 0;
  #depth = 0;
  #inString = false;
  #state: State = 'begin';
  #key = '';
  /** Whether the object or array that is being read may end here: it is empty, or no comma stands before. */
  #mayEnd = false;

  /** The pieces that end in this text. */
  take(text: string): Piece[] {
    this.#text += text;
    const pieces: Piece[] = [];
    while (this.#step(pieces));
    if (this.#text.length > pieceLimit) throw new Error('one of its members is too large.');
    return pieces;
  }

  /** To be called after the last text. */
  end(): void {
    if (this.#state !== 'end') throw new Error('it is empty or truncated.');
  }

  /** Reads on; returns whether there may be more to read. */
  #step(pieces: Piece[]): boolean {
    if (this.#state === 'begin') return this.#open('{', 'key');
    if (this.#state === 'value' && this.#depth === 0 && this.#at === 0 && this.#open('[', 'element')) return true;
    if (this.#state === 'end') {
      if (this.#text.trim() !== '') throw new Error('something follows its end.');
      this.#text = '';
      return false;
    }
    if (this.#text.trimStart() === '') return false;
    const end = this.#findEnd();
    if (end === undefined) return false;
    const token = this.#text.slice(0, end);
    const delimiter = this.#text.charAt(end);
    this.#text = this.#text.slice(end + 1);
    this.#at = 0;
    this.#finish(token, delimiter, pieces);
    return true;
  }

  /** Takes the bracket if the text begins with it; where none is optional, throws if it does not. */
  #open(bracket: string, next: State): boolean {
    const text = this.#text.trimStart();
    if (text === '') return false;
    if (!text.startsWith(bracket)) {
      if (this.#state === 'begin') throw new Error('it is not a JSON object.');
      return false;
    }
    this.#text = text.slice(1);
    this.#state = next;
    this.#mayEnd = true;
    return true;
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

  /** Where the next delimiter is that is in no string, object or array of the piece itself. */
  #findEnd(): number | undefined {
    for (;;) {
      const pattern = this.#inString ? /["\\]/g : /["{}[\],:]/g;
      pattern.lastIndex = this.#at;
      const found = pattern.exec(this.#text);
      if (!found) {
        this.#at = Math.max(this.#at, this.#text.length);
        return undefined;
      }
      const [sign] = found;
      // What is escaped may not have arrived yet; the place behind it is right all the same.
      this.#at = found.index + (sign === '\\' ? 2 : 1);
      if (sign === '"') this.#inString = !this.#inString;
      else if (this.#inString) continue;
      else if (sign === '{' || sign === '[') this.#depth += 1;
      else if (this.#depth === 0) return found.index;
      else if (sign === '}' || sign === ']') this.#depth -= 1;
    }
  }
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
