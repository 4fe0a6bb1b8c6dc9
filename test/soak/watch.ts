import { isFault } from './faults.ts';
import { api, type Ground, repeat, type Running } from './ground.ts';
import type { Journal } from './journal.ts';

interface Crash {
  readonly id: string;
  readonly at: number;
  readonly pid: number | null;
  readonly cause: string;
  readonly message: string;
  readonly quarantined: boolean;
  readonly place?: { readonly function: string };
}

/** Reads the list of crashes and judges each: somebody must have caused it, and no other function may be disabled for it. */
export class CrashWatch {
  readonly #ground: Ground;
  readonly #seen = new Set<string>();

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  /** Looks once. */
  async look(): Promise<void> {
    const { journal } = this.#ground;
    const { json } = await api(this.#ground, 'GET', '/v1/crashes');
    const crashes: readonly Crash[] = json.crashes;
    for (const crash of crashes.toReversed()) {
      if (this.#seen.has(crash.id)) continue;
      this.#seen.add(crash.id);
      journal.deaths.push(crash);
      journal.count(`crash: ${crash.cause}`);
      judge(journal, crash);
    }
  }

  /** Looks again and again. */
  start(): Running {
    return repeat(
      async () => {
        await this.look();
        this.#ground.journal.settle();
      },
      () => 500,
    );
  }
}

function judge(journal: Journal, { at, message, quarantined, place }: Crash): void {
  if (!journal.during(/^(?:stuck|bomb|operator: kill$)/, at)) journal.wrong(`a worker has ended and nobody has caused it: ${message}`);
  if (!place || isFault(place.function)) return;
  if (quarantined) journal.wrong(`${place.function} was disabled and is innocent: ${message}`);
  else journal.count(`crash that names ${place.function} without proof`);
}
