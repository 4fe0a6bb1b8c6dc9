/** A source that somebody is writing and that is not published. */
export interface Draft {
  readonly source: string;
  /** The revision that it began from; 0 for a function that is not published yet. */
  readonly base: number;
  /** What that revision held, so that it is known whether anything has changed. */
  readonly baseSource: string;
  /** Milliseconds since the epoch. */
  readonly changedAt: number;
}

/** What is told by the storage. */
export interface DraftListener {
  /** Another tab has changed a draft; undefined: it has dropped it. */
  changed(name: string, draft: Draft | undefined): void;
  /** Another tab and this one wrote a draft without having seen each other's: nobody but the user knows which one counts. */
  collided(name: string, other: Draft): void;
  /** Whether this browser has no room left for drafts. */
  full(isFull: boolean): void;
}

const prefix = 'hearth.draft.';
const delay = 150;

/**
 * Keeps drafts in this browser, each under a key of its own. What is written is there after 150 ms at the
 * latest, and when the page is hidden or left: writing it on every key would hold up typing in a large source.
 */
export class DraftStorage {
  readonly #listener: DraftListener;
  readonly #waiting = new Map<string, Draft | undefined>();
  /** What the storage held by name when this tab last looked. */
  readonly #seen = new Map<string, string>();
  /** The drafts of which this tab wrote what it has seen last. */
  readonly #own = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(listener: DraftListener) {
    this.#listener = listener;
    addEventListener('storage', (event) => this.#stored(event));
    addEventListener('pagehide', () => this.flush());
    document.addEventListener('visibilitychange', () => document.hidden && this.flush());
  }

  /** All drafts that this browser keeps, by function. */
  readAll(): Record<string, Draft> {
    const drafts = new Map<string, Draft>();
    for (const key of Object.keys(localStorage)) {
      if (!key.startsWith(prefix)) continue;
      const draft = this.#look(key.slice(prefix.length));
      if (draft) drafts.set(key.slice(prefix.length), draft);
    }
    return Object.fromEntries(drafts);
  }

  /** Writes a draft soon, or removes it. */
  write(name: string, draft: Draft | undefined): void {
    this.#waiting.set(name, draft);
    this.#timer ??= setTimeout(() => this.flush(), delay);
  }

  /** Writes what waits. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const [name, draft] of this.#waiting) this.#put(name, draft);
    this.#waiting.clear();
  }

  #put(name: string, draft: Draft | undefined): void {
    const key = prefix + name;
    const before = this.#seen.get(name);
    if (localStorage.getItem(key) !== (before ?? null)) {
      const other = this.#look(name);
      if (other && other.source !== draft?.source) this.#listener.collided(name, other);
    }
    try {
      if (draft) localStorage.setItem(key, JSON.stringify(draft));
      else localStorage.removeItem(key);
      this.#listener.full(false);
    } catch {
      this.#listener.full(true);
    }
    this.#look(name);
    this.#own.add(name);
  }

  #look(name: string): Draft | undefined {
    this.#own.delete(name);
    const text = localStorage.getItem(prefix + name);
    if (text === null) this.#seen.delete(name);
    else this.#seen.set(name, text);
    return text === null ? undefined : parse(text);
  }

  #stored({ key, oldValue }: StorageEvent): void {
    const names = key === null ? [...this.#seen.keys()] : key.startsWith(prefix) ? [key.slice(prefix.length)] : [];
    for (const name of names) {
      // What this tab is about to write is compared with it then.
      if (this.#waiting.has(name)) continue;
      // Tabs of different processes may write at the same moment; each learns of the other's only by this event.
      const unseen = this.#own.has(name) && key !== null && oldValue !== (this.#seen.get(name) ?? null);
      const before = unseen ? parse(this.#seen.get(name) ?? '') : undefined;
      const draft = this.#look(name);
      if (before && draft && before.source !== draft.source) this.#listener.collided(name, draft);
      else this.#listener.changed(name, draft);
    }
  }
}

function parse(text: string): Draft | undefined {
  try {
    const { source, base, baseSource, changedAt }: Partial<Draft> = JSON.parse(text);
    if (typeof source !== 'string' || typeof baseSource !== 'string') return undefined;
    return { source, baseSource, base: Number(base), changedAt: Number(changedAt) };
  } catch {
    return undefined;
  }
}
