import { type Diagnostic, HearthError } from '../../../kernel/errors.ts';
import type { LogFields, LogLevel } from '../../../kernel/ports/logger.ts';
import { type BuiltChange, type Revision, toBuilt } from '../../../kernel/functions/revision.ts';
import type { Quarantine } from '../workers/quarantine.ts';
import type { LiveCatalog } from './catalog.ts';
import type { LoadErrors } from '../../../kernel/protocol/worker-calls.ts';
import { addLineText, withLineText } from './load-failure.ts';

/** A change that the serving worker has evaluated and not yet made live. */
export interface StagedChange {
  /** What of it does not load, and is kept all the same. */
  readonly loadErrors: LoadErrors;
  /** Makes it live in every worker, under the revisions that were committed. Never rejects. */
  activate(committed: BuiltChange): Promise<void>;
  discard(): void;
}

/** Port: the workers that a change goes live in. */
export interface StagingWorkers {
  /**
   * Evaluates a change beside the live functions; those in `keep` need not load. Rejects with `LOAD_FAILED` or
   * `WORKER_UNAVAILABLE`; then nothing has changed.
   */
  stage(id: number, change: BuiltChange, keep: readonly string[]): Promise<StagedChange>;
}

/** One change that is to go live. */
export interface Deployment {
  /** What the worker evaluates, under the numbers that it will most likely get. */
  readonly staged: BuiltChange;
  /** The source of a function of the change, for the lines that do not load. */
  readonly sourceOf: (name: string) => string | undefined;
  /** Functions of the change that go live although they do not load: their code is evaluated at each use until it loads. */
  readonly keep?: readonly string[];
  /** Records the change and returns the revisions that it makes live. When this rejects, nothing has changed. */
  readonly commit: (loadErrors: LoadErrors) => Promise<readonly Revision[]>;
  /** What the log says of it, before the names. Absent: its caller logs. */
  readonly announcement?: string;
}

export interface DeploymentsOptions {
  readonly workers: StagingWorkers;
  readonly catalog: LiveCatalog;
  readonly quarantine: Quarantine;
  log(level: LogLevel, message: string, fields?: LogFields): void;
}

// More names would hide what the line says.
const announcedNames = 10;

/** Makes changes live, one after another: stage, commit, activate. Every change of the live functions goes through here. */
export class Deployments {
  readonly #options: DeploymentsOptions;
  #turn: Promise<unknown> = Promise.resolve();
  #stages = 0;

  constructor(options: DeploymentsOptions) {
    this.#options = options;
  }

  /** Runs `work` when the work before it is done: what it reads stays true while it deploys. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** Resolves when the work begun is done. */
  async idle(): Promise<void> {
    await this.#turn;
  }

  /** What of a change that goes live nowhere does not load. To be called in turn. */
  async tryOut(change: BuiltChange, sourceOf: Deployment['sourceOf']): Promise<readonly Diagnostic[]> {
    if (change.functions.length === 0) return [];
    try {
      const stage = await withLineText(this.#options.workers.stage(++this.#stages, change, []), sourceOf);
      stage.discard();
      return [];
    } catch (error) {
      // It is refused anyway: without a worker there is only less to say.
      return error instanceof HearthError && error.code === 'LOAD_FAILED' ? (error.diagnostics ?? []) : [];
    }
  }

  /** Makes a change live: all of it, or nothing. To be called in turn. Resolves, when callers get the new code, to the new revisions. */
  async deploy({ staged, sourceOf, keep = [], commit, announcement }: Deployment): Promise<readonly Revision[]> {
    const { workers, catalog, quarantine } = this.#options;
    const { deleted } = staged;
    const stage = await withLineText(workers.stage(++this.#stages, staged, keep), sourceOf);
    const loadErrors = new Map([...stage.loadErrors].map(([name, error]) => [name, addLineText(error, sourceOf)]));
    const live = await commit(loadErrors).catch((error: unknown) => {
      stage.discard();
      throw error;
    });
    catalog.apply(live, deleted);
    quarantine.lift([...live.map(({ name }) => name), ...deleted]);
    await stage.activate({ functions: live.map(toBuilt), deleted });
    if (announcement !== undefined) this.#announce(announcement, live, deleted);
    for (const [name, { message }] of loadErrors)
      this.#options.log('warn', `${name} is live but does not load yet: ${message}`, { function: name });
    return live;
  }

  #announce(announcement: string, live: readonly Revision[], deleted: readonly string[]): void {
    const names = [...live.map(({ name, revision }) => `${name}#${revision}`), ...deleted.map((name) => `${name} (deleted)`)];
    const more = names.length > announcedNames ? ` and ${names.length - announcedNames} more` : '';
    this.#options.log('info', `${announcement} ${names.slice(0, announcedNames).join(', ')}${more}`);
  }
}
