import { randomUUID } from 'node:crypto';
import type { Builder } from '../../../build/builder.ts';
import { buildFailed } from '../../../build/diagnostics.ts';
import { missingImports } from '../../../build/imports.ts';
import { HearthError } from '../../../kernel/errors.ts';
import type { RunResult } from '../../../kernel/protocol/protocol.ts';
import type { BuiltFunction } from '../../../kernel/functions/revision.ts';
import { withLineText } from './load-failure.ts';
import type { Catalog, Runner, RunRequest, Supervisor } from '../../services.ts';

/** Runs drafts: compiled here, evaluated and called in the serving worker, kept nowhere. */
export function createRunner(builder: Builder, catalog: Catalog, supervisor: Supervisor): Runner {
  const toDraft = async (name: string, source: string): Promise<BuiltFunction> => {
    const build = await builder.build({ name, source });
    const missing = missingImports(build, (imported) => catalog.get(imported) !== undefined);
    if (missing.length > 0) throw buildFailed(missing);
    const { compiled } = build;
    const live = catalog.get(name);
    return { name, revision: 0, methods: live?.methods, code: compiled.code, map: compiled.map };
  };
  return {
    async run({ name, source, request }: RunRequest, signal: AbortSignal): Promise<RunResult> {
      if (source === undefined && !catalog.get(name)) throw new HearthError('FUNCTION_NOT_FOUND', { name });
      const draft = source === undefined ? undefined : await toDraft(name, source);
      const running = supervisor.run({ name, requestId: `run-${randomUUID()}`, request, ...(draft && { draft }) }, signal);
      return withLineText(running, (failed) => (failed === name ? source : undefined) ?? catalog.get(failed)?.source);
    },
  };
}
