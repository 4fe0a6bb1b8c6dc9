import { basename, isAbsolute, normalize, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** A folder that browsers may know of, under another path. */
export interface Root {
  /** The real folder, absolute. */
  readonly path: string;
  /** What it is called outside, such as `/app`. */
  readonly alias: string;
}

/**
 * Turns real paths into the ones that browsers get to see and back: real ones tell about the machine,
 * and only what lies in a known folder is anybody's business.
 */
export class Uris {
  readonly #roots: readonly Root[];
  /** A folder may lie in another one. */
  readonly #longestFirst: readonly Root[];
  readonly #paths: RegExp;

  /** Of two roots with the same alias, the first is the real one; the others are other ways to it. */
  constructor(roots: readonly Root[]) {
    this.#roots = roots;
    this.#longestFirst = roots.toSorted((a, b) => b.path.length - a.path.length);
    this.#paths = new RegExp(`(?:${this.#longestFirst.map(({ path }) => escape(path)).join('|')})(?=[/\\\\"'\`\\s)]|$)`, 'g');
  }

  /** The real path behind a URI from outside; undefined unless it lies in a known folder. */
  toPath(uri: string): string | undefined {
    const path = pathOf(uri);
    return path === undefined ? undefined : this.toRealPath(path);
  }

  /** The same for a path as it is seen outside. */
  toRealPath(path: string): string | undefined {
    if (normalize(path) !== path || path.includes('\0')) return undefined;
    const root = this.#roots.find(({ alias }) => path === alias || path.startsWith(`${alias}/`));
    return root && root.path + path.slice(root.alias.length).replaceAll('/', sep);
  }

  /** The URI by which the outside knows a real path. */
  toUri(path: string): string {
    const root = this.#longestFirst.find((one) => path === one.path || path.startsWith(one.path + sep));
    return encodeUri(root ? root.alias + path.slice(root.path.length) : `/outside/${basename(path)}`);
  }

  /** The text with outside paths in the place of the real ones. */
  toAlias(text: string): string {
    return text.replace(this.#paths, (path) => this.#roots.find((root) => root.path === path)?.alias ?? '');
  }

  /** The value, as JSON gives it, with what the outside may see of the URIs and paths in it. */
  toOutside(value: unknown): unknown {
    if (typeof value === 'string') return this.#textToOutside(value);
    if (Array.isArray(value)) return value.map((item) => this.toOutside(item));
    if (typeof value !== 'object' || value === null) return value;
    // An edit's changes have URIs for keys.
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [this.#textToOutside(key), sourceKeys.has(key) ? member : this.toOutside(member)]),
    );
  }

  #textToOutside(text: string): string {
    if (!text.includes('/')) return text;
    const mapped = text.replace(/file:\/\/\/[^\s"'`)\]>]*/g, (uri) => {
      const [address = '', ...fragment] = uri.split('#');
      const path = pathOf(address);
      return path === undefined ? 'file:///outside' : [this.toUri(path), ...fragment].join('#');
    });
    return this.toAlias(mapped);
  }

  /**
   * The value with real URIs and paths in the place of the outside ones. Undefined when it names a file
   * outside of the known folders.
   */
  toInside(value: unknown): unknown {
    try {
      return this.#inside(value, '', false);
    } catch (error) {
      if (error instanceof OutsideError) return undefined;
      throw error;
    }
  }

  #inside(value: unknown, key: string, data: boolean): unknown {
    if (typeof value === 'string') return this.#textToInside(value, key, data);
    if (Array.isArray(value)) return value.map((item) => this.#inside(item, key, data));
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(([name, member]): [string, unknown] => [
      name.startsWith('file:') ? this.#uriToInside(name) : name,
      this.#inside(member, name, data || name === 'data'),
    ]);
    return Object.fromEntries(entries);
  }

  #textToInside(text: string, key: string, data: boolean): string {
    if (/uri$/i.test(key)) return this.#uriToInside(text);
    // What the language server attaches to its responses for later requests.
    if (!data || !isAbsolute(text)) return text;
    const path = this.toRealPath(text);
    if (path === undefined && /(?:file|filename|path)$/i.test(key)) throw new OutsideError();
    return path ?? text;
  }

  #uriToInside(uri: string): string {
    const path = this.toPath(uri);
    if (path === undefined) throw new OutsideError();
    return pathToFileURL(path).href;
  }
}

// What goes into a source stays as it is, whatever it looks like.
const sourceKeys = new Set(['newText', 'insertText', 'textEditText']);

/** A message names a file that is none of the app's. */
class OutsideError extends Error {}

/** The path in a file URI as it stands there: not normalized, and undefined if it is no file on this machine. */
function pathOf(uri: string): string | undefined {
  if (!uri.startsWith('file:///') || /[?#]/.test(uri)) return undefined;
  try {
    // A URL would swallow what has to be refused, such as `..`.
    const path = decodeURIComponent(uri.slice('file://'.length));
    return process.platform === 'win32' && /^\/[a-z]:/i.test(path) ? fileURLToPath(uri) : path;
  } catch {
    return undefined;
  }
}

function encodeUri(path: string): string {
  return `file://${path.replaceAll('\\', '/').split('/').map(encodeURIComponent).join('/')}`;
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
