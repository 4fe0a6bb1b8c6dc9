import { HearthError } from '../../../kernel/errors.ts';

/** Bytes that are parsed, or looked through, before others get their turn: some milliseconds at most. */
const slice = 64 * 1024;
const scanSlice = 1024 * 1024;

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** What stands in a JSON text, as far as it matters before it is parsed. */
export interface JsonShape {
  /** Where the arrays and objects end that are longer than a slice, by where they begin. */
  readonly ends: ReadonlyMap<number, number>;
  /** How many arrays and objects there are, and how many commas. */
  readonly containers: number;
  readonly commas: number;
}

/**
 * Looks a JSON text through without parsing it, from time to time letting others have their turn. Throws
 * `BODY_TOO_DEEP` at the first value that is nested deeper than `depth`, and a `SyntaxError` when brackets do not match.
 */
export async function shapeOf(text: Buffer, depth: number): Promise<JsonShape> {
  const scan = new Scan(text, depth);
  while (!scan.goOn(scanSlice)) await turn();
  // Nothing but its end would tell that a text has none, which takes as long as all of it.
  scan.checkClosed();
  return scan;
}

/** As `shapeOf()`, at once: for texts that are no longer than a slice. */
export function checkDepth(text: Buffer, depth: number): void {
  new Scan(text, depth).goOn(text.length);
}

class Scan implements JsonShape {
  readonly ends = new Map<number, number>();
  containers = 0;
  commas = 0;
  readonly #text: Buffer;
  readonly #depth: number;
  readonly #open: number[] = [];
  #at = 0;

  constructor(text: Buffer, depth: number) {
    this.#text = text;
    this.#depth = depth;
  }

  checkClosed(): void {
    if (this.#open.length > 0) throw new SyntaxError('Unexpected end of JSON input');
  }

  /** Looks at about so many bytes more; true when it is through. */
  goOn(bytes: number): boolean {
    const text = this.#text;
    const open = this.#open;
    const until = Math.min(this.#at + bytes, text.length);
    let at = this.#at;
    for (; at < until; at += 1) {
      const byte = text[at];
      if (byte === quote) at = endOfString(text, at);
      else if (byte === comma) this.commas += 1;
      else if (byte === openBracket || byte === openBrace) {
        open.push(at);
        this.containers += 1;
        if (open.length > this.#depth) throw new HearthError('BODY_TOO_DEEP', { limit: this.#depth });
      } else if (byte === closeBracket || byte === closeBrace) {
        const begin = open.pop() ?? -1;
        // The closing one of ASCII comes two after the opening one.
        if (text[begin] !== byte - 2) throw new SyntaxError(`Unexpected "${String.fromCharCode(byte)}" in JSON at position ${at}`);
        if (at - begin > slice) this.ends.set(begin, at);
      }
    }
    this.#at = at;
    return at >= text.length;
  }
}

/** Where the string ends that begins at `begin`. */
function endOfString(text: Buffer, begin: number): number {
  for (let at = text.indexOf(quote, begin + 1); at !== -1; at = text.indexOf(quote, at + 1)) {
    let escapes = 0;
    while (text[at - 1 - escapes] === backslash) escapes += 1;
    if (escapes % 2 === 0) return at;
  }
  return text.length;
}

/**
 * What `JSON.parse()` makes of the text, in slices between which others have their turn. Throws its `SyntaxError`s,
 * whose positions count within a slice.
 */
export async function parseInSlices(text: Buffer, shape: JsonShape): Promise<unknown> {
  return new SlicedParse(text, shape).value(0, text.length);
}

/** Take members of an array or object: those of a piece of text, or one with the place of its colon, if it has one. */
interface MemberTakers {
  readonly small: (from: number, to: number) => void;
  readonly large: (from: number, to: number, colonAt: number) => Promise<void>;
}

class SlicedParse {
  readonly #text: Buffer;
  readonly #shape: JsonShape;
  #spent = 0;

  constructor(text: Buffer, shape: JsonShape) {
    this.#text = text;
    this.#shape = shape;
  }

  /** The value between two places, white space around it allowed. */
  async value(begin: number, end: number): Promise<unknown> {
    const at = this.#skip(begin, end);
    const close = this.#shape.ends.get(at);
    if (close === undefined) return this.#parse('', begin, end, '');
    if (this.#skip(close + 1, end) !== end) throw new SyntaxError('Unexpected text after the end of the JSON value');
    return this.#text[at] === openBracket ? this.#array(at + 1, close) : this.#object(at + 1, close);
  }

  async #array(begin: number, end: number): Promise<unknown> {
    const array: unknown[] = [];
    await this.#members(begin, end, {
      small: (from, to) => {
        const values: unknown = this.#parse('[', from, to, ']');
        if (Array.isArray(values)) for (const value of values) array.push(value);
      },
      large: async (from, to) => void array.push(await this.value(from, to)),
    });
    return array;
  }

  async #object(begin: number, end: number): Promise<unknown> {
    const object = {};
    await this.#members(begin, end, {
      small: (from, to) => {
        const members: unknown = this.#parse('{', from, to, '}');
        for (const [key, value] of Object.entries(Object(members))) define(object, key, value);
      },
      large: async (from, to, colonAt) => {
        const key: unknown = this.#parse('', from, colonAt, '');
        if (typeof key !== 'string') throw new SyntaxError('Expected a property name in JSON');
        define(object, key, await this.value(colonAt + 1, to));
      },
    });
    return object;
  }

  /** Goes through the members between the brackets: small ones together, large ones by themselves. */
  async #members(begin: number, end: number, take: MemberTakers): Promise<void> {
    const text = this.#text;
    let first = begin;
    let member = begin;
    let at = begin;
    while (at < end) {
      const close = this.#shape.ends.get(at);
      if (close !== undefined) {
        if (member > first) take.small(first, this.#beforeComma(first, member - 1));
        // Within an object the value begins after the colon.
        await take.large(member, close + 1, text.lastIndexOf(colon, at));
        at = this.#skip(close + 1, end);
        if (at !== end && text[at] !== comma) throw new SyntaxError('Expected "," after a value in JSON');
        if (at !== end) at = this.#afterComma(at, end);
        first = member = at;
      } else if (text[at] === comma) {
        member = at + 1;
        if (at - first >= slice) {
          take.small(first, at);
          first = this.#afterComma(at, end);
          await this.#rest();
        }
        at = member;
      } else at = this.#next(at);
    }
    if (first < end) take.small(first, end);
  }

  #beforeComma(begin: number, at: number): number {
    if (this.#skip(begin, at) === at) throw new SyntaxError('Unexpected "," in JSON');
    return at;
  }

  #afterComma(at: number, end: number): number {
    if (this.#skip(at + 1, end) === end) throw new SyntaxError('Unexpected end of JSON input after ","');
    return at + 1;
  }

  /** Past a string, or a small array or object, whose commas do not count; else past one byte. */
  #next(at: number): number {
    const byte = this.#text[at];
    if (byte === quote) return endOfString(this.#text, at) + 1;
    return byte === openBracket || byte === openBrace ? this.#endOf(at) + 1 : at + 1;
  }

  /** Where a small array or object ends. */
  #endOf(begin: number): number {
    const text = this.#text;
    let open = 0;
    for (let at = begin; at < text.length; at += 1) {
      const byte = text[at];
      if (byte === quote) at = endOfString(text, at);
      else if (byte === openBracket || byte === openBrace) open += 1;
      else if ((byte === closeBracket || byte === closeBrace) && --open === 0) return at;
    }
    return text.length;
  }

  #skip(begin: number, end: number): number {
    let at = begin;
    while (at < end && isSpace(this.#text[at])) at += 1;
    return at;
  }

  #parse(before: string, begin: number, end: number, after: string): unknown {
    this.#spent += end - begin;
    const value: unknown = JSON.parse(before + this.#text.toString('utf8', begin, end) + after);
    return value;
  }

  async #rest(): Promise<void> {
    if (this.#spent < slice) return;
    this.#spent = 0;
    await turn();
  }
}

/** As JSON does it: also a member called `__proto__` is one like any other. */
function define(object: object, key: string, value: unknown): void {
  if (key === '__proto__') Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  else Reflect.set(object, key, value);
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
