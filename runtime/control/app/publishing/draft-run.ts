import { randomUUID } from 'node:crypto';
import type { Builder } from '../../../build/builder.ts';
import { buildFailed } from '../../../build/build-diagnostics.ts';
import { missingImports } from '../../../build/imports.ts';
import { HearthError } from '../../../kernel/errors.ts';
import type { RunResult } from '../../../kernel/protocol/worker-calls.ts';
import type { BuiltFunction } from '../../../kernel/functions/revision.ts';
import { withLineText } from './load-failure.ts';
import type { LiveCatalog } from './catalog.ts';
import type { WorkerSupervisor } from '../workers/supervisor.ts';

export interface RunRequest {
  readonly name: string;
  /** The draft's source; absent runs what is live. */
  readonly source?: string;
  readonly request: {
    readonly method: string;
    readonly query: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
    /** How `body` writes the bytes of the request's body. */
    readonly bodyEncoding: 'utf8' | 'base64';
  };
}

/** Runs drafts: compiled here, evaluated and called in the serving worker, kept nowhere. */
export class DraftRunner {
  readonly #builder: Builder;
  readonly #catalog: Pick<LiveCatalog, 'get'>;
  readonly #supervisor: Pick<WorkerSupervisor, 'run'>;

  constructor(builder: Builder, catalog: Pick<LiveCatalog, 'get'>, supervisor: Pick<WorkerSupervisor, 'run'>) {
    this.#builder = builder;
    this.#catalog = catalog;
    this.#supervisor = supervisor;
  }

  /** Rejects soon after `signal` has aborted; the function is told by its `ctx.signal`. */
  async run({ name, source, request }: RunRequest, signal: AbortSignal): Promise<RunResult> {
    const catalog = this.#catalog;
    if (source === undefined && !catalog.get(name)) throw new HearthError('FUNCTION_NOT_FOUND', { name });
    const draft = source === undefined ? undefined : await this.#build(name, source);
    const running = this.#supervisor.run({ name, requestId: `run-${randomUUID()}`, request, ...(draft && { draft }) }, signal);
    return withLineText(running, (failed) => (failed === name ? source : undefined) ?? catalog.get(failed)?.source);
  }

  async #build(name: string, source: string): Promise<BuiltFunction> {
    const build = await this.#builder.build({ name, source });
    const missing = missingImports(build, (imported) => this.#catalog.get(imported) !== undefined);
    if (missing.length > 0) throw buildFailed(missing);
    const { compiled } = build;
    const live = this.#catalog.get(name);
    return { name, revision: 0, methods: live?.methods, code: compiled.code, map: compiled.map };
  }
}
