import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { z } from 'zod';
import { messageOf } from '../../../kernel/errors.ts';
import type { FunctionMark } from '../../../kernel/protocol/watchdog-report.ts';
import type { CrashReport } from './crash-report.ts';

/** Deaths of a worker, or of the host with it, after which the function whose code was starting is disabled. */
const deathsLimit = 2;

const mark = { function: z.string(), revision: z.int() };
const Death = z.object({ ...mark, count: z.int(), id: z.string(), at: z.number(), message: z.string() });
const Contents = z.object({ trying: z.object(mark).nullable(), deaths: z.array(Death) });

/** A function that ended workers while they started, with the last crash report about it. */
export type StartDeath = Readonly<z.infer<typeof Death>>;

/**
 * Remembers over restarts of the host which function runs before a worker serves, and how often a worker ended while
 * the code of a function ran for the first time:
 * code that ends its worker or the host at each start would otherwise keep the host from serving ever again.
 */
export class StartAttempts {
  readonly #file: string;
  readonly #onError: (message: string) => void;
  #trying: FunctionMark | undefined;
  #deaths: readonly StartDeath[];

  /** `onError` is told what could not be kept. */
  constructor(file: string, onError: (message: string) => void) {
    this.#file = file;
    this.#onError = onError;
    const { trying, deaths } = read(file);
    this.#trying = trying ?? undefined;
    this.#deaths = deaths;
  }

  /** What is being tried; before the first `begin()` of a host, what the host before it did not survive. */
  get trying(): FunctionMark | undefined {
    return this.#trying;
  }

  /** Functions that must not be tried again. */
  guilty(): readonly StartDeath[] {
    return this.#deaths.filter(({ count }) => count >= deathsLimit);
  }

  /** The function is about to run; on disk when this returns. */
  begin({ function: name, revision }: FunctionMark): void {
    this.#trying = { function: name, revision };
    this.#write();
  }

  /** A worker serves: what ended others before was not the code alone. */
  succeed(): void {
    const trying = this.#trying;
    if (!trying) return;
    this.#trying = undefined;
    this.#forgive(trying.function);
    this.#write();
  }

  /** The top level of a function has returned, or thrown; what is being tried goes on after that. */
  loaded(name: string): void {
    if (name === this.#trying?.function) return;
    const before = this.#deaths;
    this.#forgive(name);
    if (this.#deaths.length < before.length) this.#write();
  }

  /** The attempt is given up by the host itself. */
  abandon(): void {
    if (!this.#trying) return;
    this.#trying = undefined;
    this.#write();
  }

  /** The attempt ended in a death; returns whether the function must not be tried again. */
  fail({ function: name, revision }: FunctionMark, { id, at, message }: CrashReport, proven: boolean): boolean {
    const earlier = this.#deaths.find((death) => death.function === name && death.revision === revision);
    const count = proven ? deathsLimit : (earlier?.count ?? 0) + 1;
    this.#trying = undefined;
    this.#deaths = [...this.#deaths.filter((death) => death.function !== name), { function: name, revision, count, id, at, message }];
    this.#write();
    return count >= deathsLimit;
  }

  /** Forgets functions: there are new revisions of them, or they are gone. */
  lift(names: readonly string[]): void {
    const kept = this.#deaths.filter((death) => !names.includes(death.function));
    if (kept.length === this.#deaths.length) return;
    this.#deaths = kept;
    this.#write();
  }

  #forgive(name: string): void {
    if (this.#deaths.length === 0) return;
    this.#deaths = this.#deaths.filter((death) => death.function !== name || death.count >= deathsLimit);
  }

  #write(): void {
    const text = JSON.stringify({ trying: this.#trying ?? null, deaths: this.#deaths });
    try {
      const part = `${this.#file}.part`;
      const file = openSync(part, 'w', 0o600);
      try {
        writeSync(file, text);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(part, this.#file);
    } catch (error) {
      this.#onError(`What is known of earlier starts could not be written: ${messageOf(error)}`);
    }
  }
}

function read(file: string): z.infer<typeof Contents> {
  try {
    return Contents.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // None yet, or a damaged one: the next attempt writes it anew.
    return { trying: null, deaths: [] };
  }
}
