/** A worker that ended without being told to, as control's list of crashes has it. */
export interface Death {
  readonly at: number;
  readonly pid: number | null;
  readonly cause: string;
  readonly message: string;
}

/** A good request, message or publish that did not go as it should. */
export interface Failure {
  readonly from: number;
  readonly until: number;
  readonly what: string;
  readonly error: string;
  /** What would be a reason, if it has happened: that a worker has ended, or was replaced; nothing is, if absent. */
  readonly excuse?: 'takeover' | 'drain';
}

interface Span {
  readonly what: string;
  readonly from: number;
  until: number;
}

interface Action {
  readonly at: number;
  readonly what: string;
}

/** Milliseconds between a worker's end and the moment when everybody has noticed. */
const noticed = 1_500;
const early = 250;

/** Milliseconds after which everything that could explain a failure is known. */
const known = 4_000;

const keptActions = 40;

/** What goes wrong often is one mistake; more of it says no more. */
const mostReports = 30;

/** What was done, what went wrong, and whether the one explains the other. */
export class Journal {
  readonly counts = new Map<string, number>();
  readonly deaths: Death[] = [];
  readonly unexplained: string[] = [];
  readonly #begun = Date.now();
  readonly #spans: Span[] = [];
  readonly #actions: Action[] = [];
  #open: Failure[] = [];
  #closed = false;

  /** Counts something. */
  count(what: string, by = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + by);
  }

  /** Remembers the longest time that something good has taken, in milliseconds. */
  took(what: string, since: number): void {
    const name = `longest ${what}, in milliseconds`;
    this.counts.set(name, Math.max(this.counts.get(name) ?? 0, Date.now() - since));
  }

  /** The sum of all counts whose name begins so. */
  sum(prefix: string): number {
    return [...this.counts].filter(([what]) => what.startsWith(prefix)).reduce((sum, [, count]) => sum + count, 0);
  }

  /** Remembers that something was done, for whoever has to explain a failure. */
  act(what: string): void {
    this.count(`did ${what.replace(/^(drain):.*/, '$1')}`);
    this.#actions.push({ at: Date.now(), what });
    if (this.#actions.length > keptActions) this.#actions.shift();
  }

  /** Remembers that something goes on until the function that this answers is called. */
  begin(what: string): () => void {
    this.act(what);
    const span: Span = { what, from: Date.now(), until: Infinity };
    this.#spans.push(span);
    return () => void (span.until = Date.now());
  }

  /** Whether something of this kind was going on at that time, or just before. */
  during(kind: RegExp, from: number, until = from): boolean {
    return this.#spans.some((span) => kind.test(span.what) && span.from - early <= until && span.until + noticed >= from);
  }

  /** A good request has failed; whether that is explained is found out later. */
  failed(failure: Failure): void {
    this.#open.push(failure);
  }

  /** Something is wrong, whatever else has happened. */
  wrong(what: string): void {
    this.#report(Date.now(), what);
  }

  /** Looks for explanations of what failed a while ago; of everything if `all`. */
  settle(all = false): void {
    const before = Date.now() - known;
    const due = this.#open.filter((failure) => all || failure.until < before);
    this.#open = this.#open.filter((failure) => !due.includes(failure));
    for (const failure of due) {
      const why = this.#explain(failure);
      if (why) this.count(`explained by ${why}: ${failure.what.split(' ', 1)[0]}`);
      else this.#report(failure.until, `${failure.what}: ${failure.error} (begun ${failure.until - failure.from} ms before)`);
    }
  }

  /** Takes nothing more: what fails from now on fails because the soak was told to end. */
  close(): void {
    this.#closed = true;
  }

  /** Seconds since the beginning, for people. */
  clock(at = Date.now()): string {
    return `${((at - this.#begun) / 1000).toFixed(2)} s`;
  }

  #explain({ from, until, excuse }: Failure): string | undefined {
    const replaced = this.during(/^(?:drain|operator: (?:restart|SIGHUP))/, from, until);
    if (excuse === 'drain') return replaced ? 'a drain' : undefined;
    if (excuse === undefined) return undefined;
    if (this.deaths.some(({ at }) => at >= from - early && at <= until + noticed)) return 'the end of a worker';
    // A worker that hangs while it is being replaced is ended as well, which is no crash.
    return replaced && this.during(/^(?:stuck|bomb)/, from, until) ? 'a fault during a drain' : undefined;
  }

  #report(at: number, what: string): void {
    if (this.#closed) return;
    const near = this.#actions.filter((action) => action.at > at - 5_000).map((action) => `      ${this.clock(action.at)} ${action.what}`);
    const deaths = this.deaths.slice(-3).map((death) => `      ${this.clock(death.at)} worker ${death.pid}: ${death.message}`);
    const text = [`${this.clock(at)} ${what}`, '    last actions:', ...near, '    last crashes:', ...deaths].join('\n');
    this.unexplained.push(text);
    if (this.unexplained.length <= mostReports) console.log(`UNEXPLAINED ${text}`);
  }
}
