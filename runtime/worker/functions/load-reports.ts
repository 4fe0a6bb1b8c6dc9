import type { Diagnostic } from '../../kernel/errors.ts';
import type { FailedImport, FunctionModule } from '../../kernel/functions/module.ts';
import { PendingImport } from '../../kernel/functions/pending-import.ts';
import type { LoadObserver } from '../../kernel/functions/registry.ts';
import type { SourcePositions } from './source-positions.ts';

/** Takes what control has to know of the code of live functions. MUST NOT throw. */
export interface TellLoad {
  /** It runs for the first time, or has returned. */
  loading(module: FunctionModule, done: boolean): void;
  /** What it threw; null: it has loaded after all. */
  outcome(module: FunctionModule, error: Diagnostic | null): void;
}

/** Tells control which live functions do not load, and which of them have loaded after all. */
export class LoadReports implements LoadObserver {
  readonly #positions: SourcePositions;
  readonly #tell: TellLoad;
  /** By name, what was said last: a function that is called often says it once. */
  readonly #told = new Map<string, string>();

  constructor(positions: SourcePositions, tell: TellLoad) {
    this.#positions = positions;
    this.#tell = tell;
  }

  /** These did not load when they were published: control waits for the news that they have. */
  keep(names: Iterable<string>): void {
    for (const name of names) this.#told.set(name, '');
  }

  loading(module: FunctionModule): void {
    this.#tell.loading(module, false);
  }

  loaded(module: FunctionModule): void {
    this.#tell.loading(module, true);
    // What loads in all its life is nothing to tell.
    if (!this.#told.delete(module.name) && module.built.kept !== true) return;
    this.#tell.outcome(module, null);
  }

  failed(module: FunctionModule, thrown: unknown, failedImport: FailedImport | undefined): void {
    this.#tell.loading(module, true);
    if (thrown instanceof PendingImport) return;
    const error = this.#positions.diagnose({ module, thrown, failedImport });
    const said = `${module.revision} ${error.line} ${error.message}`;
    if (this.#told.get(module.name) === said) return;
    this.#told.set(module.name, said);
    this.#tell.outcome(module, error);
  }
}
