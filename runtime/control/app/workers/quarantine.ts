import type { BuiltFunction } from '../../../kernel/functions/revision.ts';
import type { CrashReport } from './crash-report.ts';
import type { StartAttempts } from './start-attempts.ts';

export interface QuarantinedFunction {
  readonly name: string;
  readonly revision: number;
  readonly reason: string;
  readonly since: number;
  readonly crash: string;
  /** The newest earlier revision that was never disabled: a rollback to it would help. Null when there is none. */
  readonly previous: number | null;
}

/** Deaths that name the same function within so many milliseconds disable it, though none of them proves anything. */
const deathsLimit = 3;
const deathsTime = 60_000;

/** Finds the revisions of a function before `revision`, newest first. */
export type EarlierRevisions = (name: string, revision: number) => Promise<readonly number[]>;

interface Death {
  readonly at: number;
  readonly function: string;
  readonly revision: number;
}

/** The functions that are disabled because they ended a worker; a publish enables them again. */
export class Quarantine {
  readonly #earlier: EarlierRevisions;
  readonly #starts: Pick<StartAttempts, 'lift'> | undefined;
  readonly #functions = new Map<string, QuarantinedFunction>();
  /** Every revision that was ever disabled, as `name@revision`: none of them is worth a rollback. */
  readonly #bad = new Set<string>();
  #deaths: readonly Death[] = [];

  /** `starts` remembers what is disabled for good. */
  constructor(earlier: EarlierRevisions, starts?: Pick<StartAttempts, 'lift'>) {
    this.#earlier = earlier;
    this.#starts = starts;
  }

  list(): readonly QuarantinedFunction[] {
    return [...this.#functions.values()];
  }

  /** The function as a worker is to have it. */
  mark(built: BuiltFunction): BuiltFunction {
    const entry = this.#functions.get(built.name);
    return entry?.revision === built.revision ? { ...built, quarantine: entry.reason } : built;
  }

  /** Whether a death that only makes this function likely is the third within a minute. */
  isThird(place: { readonly function: string; readonly revision: number }, at: number): boolean {
    this.#deaths = [...this.#deaths.filter((death) => at - death.at < deathsTime), { ...place, at }];
    const same = this.#deaths.filter((death) => death.function === place.function && death.revision === place.revision);
    return same.length >= deathsLimit;
  }

  /** Switches the function of this report off. */
  add({ id, at, message, place }: Pick<CrashReport, 'id' | 'at' | 'message' | 'place'>): void {
    if (!place) return;
    const { function: name, revision } = place;
    const entry = { name, revision, reason: message, since: at, crash: id, previous: null };
    this.#functions.set(name, entry);
    this.#bad.add(`${name}@${revision}`);
    void this.#findPrevious(entry);
  }

  async #findPrevious(entry: QuarantinedFunction): Promise<void> {
    const { name, revision } = entry;
    // While the store is away there is no previous revision to name.
    const revisions = await this.#earlier(name, revision).catch(() => []);
    const previous = revisions.find((one) => !this.#bad.has(`${name}@${one}`)) ?? null;
    if (this.#functions.get(name) === entry) this.#functions.set(name, { ...entry, previous });
  }

  /** Switches functions on: there are new revisions of them, or they are gone. */
  lift(names: readonly string[]): void {
    for (const name of names) this.#functions.delete(name);
    this.#starts?.lift(names);
  }
}
