/** Where a text stops being JSON. */
export interface JsonFault {
  /** From 1. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

const blank = /[ \t\n\r]*/y;
const scalar =
  /"(?:[^"\\\n\r\t]|\\(?:["\\/bfnrt]|u[\da-f]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?(?![\d.a-z_])|(?:true|false|null)(?![\w$])/iy;
const literal = /^["\d-]|^(?:true|false|null)$/;

/** Answers where and why a text is not JSON, since browsers do not all tell the place; undefined if it is JSON. */
export function findJsonFault(text: string): JsonFault | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch {
    return new JsonScanner(text).fault();
  }
}

type Expectation = 'value' | 'value or ]' | 'key' | 'key or }' | 'colon' | 'comma or ]' | 'comma or }' | 'end';

const messages: Readonly<Record<Expectation, string>> = {
  value: 'a value is expected here',
  'value or ]': 'a value or ] is expected here',
  key: 'a name in double quotes is expected here',
  'key or }': 'a name in double quotes or } is expected here',
  colon: 'a colon is expected here',
  'comma or ]': 'a comma or ] is expected here',
  'comma or }': 'a comma or } is expected here',
  end: 'nothing may follow the value',
};

class JsonScanner {
  readonly #text: string;
  readonly #open: ('{' | '[')[] = [];
  #at = 0;
  #expected: Expectation = 'value';

  constructor(text: string) {
    this.#text = text;
  }

  fault(): JsonFault {
    do this.#at = this.#end(blank);
    while (this.#at < this.#text.length && this.#step());
    const before = this.#text.slice(0, this.#at);
    const line = before.split('\n').length;
    return { line, column: this.#at - before.lastIndexOf('\n'), message: messages[this.#expected] };
  }

  /** Takes what stands here; whether it may stand here. */
  #step(): boolean {
    const character = this.#text[this.#at] ?? '';
    if (this.#expected.endsWith(` ${character}`)) return this.#close();
    switch (this.#expected) {
      case 'value':
      case 'value or ]':
        return this.#takeValue(character);
      case 'key':
      case 'key or }':
        return character === '"' && this.#take(this.#end(scalar), 'colon');
      case 'colon':
        return character === ':' && this.#take(this.#at + 1, 'value');
      case 'comma or ]':
        return character === ',' && this.#take(this.#at + 1, 'value');
      case 'comma or }':
        return character === ',' && this.#take(this.#at + 1, 'key');
      case 'end':
      default:
        return false;
    }
  }

  #takeValue(character: string): boolean {
    if (character === '{' || character === '[') {
      this.#open.push(character);
      return this.#take(this.#at + 1, character === '{' ? 'key or }' : 'value or ]');
    }
    const end = this.#end(scalar);
    return literal.test(this.#text.slice(this.#at, end)) && this.#take(end, this.#after());
  }

  #close(): boolean {
    this.#open.pop();
    return this.#take(this.#at + 1, this.#after());
  }

  #after(): Expectation {
    const open = this.#open.at(-1);
    return open === undefined ? 'end' : open === '{' ? 'comma or }' : 'comma or ]';
  }

  #take(end: number, expected: Expectation): boolean {
    if (end === this.#at) return false;
    this.#at = end;
    this.#expected = expected;
    return true;
  }

  /** Where the longest match that begins here ends. */
  #end(shape: RegExp): number {
    shape.lastIndex = this.#at;
    return shape.test(this.#text) ? shape.lastIndex : this.#at;
  }
}
