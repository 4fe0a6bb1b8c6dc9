import { randomUUID } from 'node:crypto';
import type { Builder } from '../build/builder.ts';
import { HearthError } from '../kernel/errors.ts';
import type { RunResult } from '../kernel/protocol.ts';
import type { BuiltFunction } from '../kernel/revision.ts';
import type { Catalog, Runner, RunRequest, Supervisor } from './services.ts';

/** Runs drafts: compiled here, evaluated and called in the serving worker, kept nowhere. */
export function createRunner(builder: Builder, catalog: Catalog, supervisor: Supervisor): Runner {
  const toDraft = async (name: string, source: string): Promise<BuiltFunction> => {
    const { compiled } = await builder.build({ name, source });
    const live = catalog.get(name);
    return { name, revision: live?.revision ?? 0, methods: live?.methods, code: compiled.code, map: compiled.map };
  };
  return {
    async run({ name, source, request }: RunRequest): Promise<RunResult> {
      if (source === undefined && !catalog.get(name)) throw new HearthError('FUNCTION_NOT_FOUND', { name });
      const draft = source === undefined ? undefined : await toDraft(name, source);
      return supervisor.call('run', { name, requestId: `run-${randomUUID()}`, request, ...(draft && { draft }) });
    },
  };
}
