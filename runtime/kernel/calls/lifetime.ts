/** Something that would go on by itself: a timer, a server, a child process. */
export interface Held {
  /** Whether it comes to its end by itself, as a timeout does. */
  readonly finite?: boolean;
  /** Ends it. MUST NOT throw. */
  end(): void;
}

/**
 * What ends together: with a module, a socket, a run, or the function that is deleted.
 *
 * - `staged`: of a module whose publish may still be refused: nothing that others notice begins, and what has
 *   happened can be undone;
 * - `live`: until it ends;
 * - `retired`: what comes to an end by itself goes over to the parent, the rest ends at once;
 * - `over`: what is held from now on ends at once.
 */
export class Lifetime implements Held {
  #state: 'staged' | 'live' | 'retired' | 'over';
  readonly #parent: Lifetime | undefined;
  readonly #held = new Set<Held>();
  #starts: (() => void)[] = [];
  #undos: (() => void)[] = [];

  /** With a parent it ends when that does. */
  constructor(state: 'staged' | 'live' = 'live', parent?: Lifetime) {
    this.#state = state;
    this.#parent = parent;
    parent?.hold(this);
  }

  get isOver(): boolean {
    return this.#state === 'over' || this.#state === 'retired';
  }

  get isStaged(): boolean {
    return this.#state === 'staged';
  }

  hold(held: Held): void {
    if (this.#state === 'retired' && held.finite === true) this.#parent?.hold(held);
    else if (this.#state === 'retired' || this.#state === 'over') held.end();
    else this.#held.add(held);
  }

  /** It has ended by itself. */
  release(held: Held): void {
    if (!this.#held.delete(held)) this.#parent?.release(held);
  }

  /** Runs `action` at once or, while staged, when that is over: what a refused publish would have begun never does. */
  start(action: () => void): void {
    if (this.#state === 'staged') this.#starts.push(action);
    else if (this.#state === 'live') action();
  }

  /** Remembers how to undo what was done while staged. `action` MUST NOT throw. */
  undoes(action: () => void): void {
    if (this.#state === 'staged') this.#undos.push(action);
  }

  /** The publish has gone live. */
  accept(): void {
    if (this.#state !== 'staged') return;
    this.#state = 'live';
    this.#undos = [];
    for (const action of this.#starts.splice(0)) action();
  }

  /** Ends all that is held; undoes what was staged, the last first. */
  end(): void {
    this.#state = 'over';
    this.#parent?.release(this);
    this.#starts = [];
    for (const action of this.#undos.splice(0).toReversed()) action();
    for (const held of this.#held) held.end();
    this.#held.clear();
  }

  /** Ends what would never end by itself; leaves the rest to the parent, and what is held later as well. */
  retire(): void {
    this.#state = 'retired';
    this.#parent?.release(this);
    for (const held of this.#held) this.hold(held);
    this.#held.clear();
  }
}

/** The lifetimes of functions: each ends when its function is deleted. */
export class FunctionLifetimes {
  readonly #lifetimes = new Map<string, Lifetime>();

  of(name: string): Lifetime {
    const found = this.#lifetimes.get(name);
    if (found) return found;
    const lifetime = new Lifetime();
    this.#lifetimes.set(name, lifetime);
    return lifetime;
  }

  end(name: string): void {
    const lifetime = this.#lifetimes.get(name);
    this.#lifetimes.delete(name);
    lifetime?.end();
  }
}
