import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { HearthError, messageOf } from '../../kernel/errors.ts';
import { type CheckDiagnostic, toDiagnostics } from './check-diagnostics.ts';
import { LanguageClient } from './client.ts';
import { findClosure } from './closure.ts';
import type { Compiler } from './compiler.ts';
import { toSettings } from './server-settings.ts';
import { type FunctionSource, type Workspace, fileOf, writeSource } from './workspace.ts';

/** Checks types. */
export interface Checker {
  /**
   * What is wrong with drafts in the place of live functions, and with those that import them. Throws
   * `CHECK_FAILED` when it cannot be told.
   */
  check(functions: readonly { readonly name: string; readonly source: string }[]): Promise<readonly CheckDiagnostic[]>;
}

/** What checks keep to. */
export interface CheckLimits {
  /** Milliseconds of one check. */
  readonly checkTime: number;
  /** How many run at once; others wait for their turn. */
  readonly checks: number;
}

/** Checks drafts in folders beside the live functions. */
export interface WorkspaceChecker extends Checker {
  /** Ends the checks under way; resolves when their processes have ended. */
  close(): Promise<void>;
}

/**
 * A checker over the workspace, which is opened for the first check. It asks a language server of its own rather than to have `tsc` print:
 * both are one program, but only the first says where a diagnostic ends.
 */
export function createChecker(open: () => Promise<Workspace>, compiler: Compiler | undefined, limits: CheckLimits): WorkspaceChecker {
  const free: string[] = Array.from({ length: limits.checks }, (_, index) => `check-${index + 1}`);
  const waiting: (() => void)[] = [];
  const running = new Set<LanguageClient>();
  let closed = false;
  const take = async (): Promise<string> => {
    for (let folder = free.pop(); ; folder = free.pop()) {
      if (folder !== undefined) return folder;
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  };
  const getWorkspace = (): Promise<Workspace> =>
    open().catch((error: unknown) => {
      throw new HearthError('CHECK_FAILED', { reason: messageOf(error) }, { cause: error });
    });
  const run = async (name: string, given: readonly FunctionSource[]): Promise<readonly CheckDiagnostic[]> => {
    if (!compiler) throw new HearthError('CHECK_FAILED', { reason: 'TypeScript is not installed.' });
    const workspace = await getWorkspace();
    if (closed) throw new HearthError('CHECK_FAILED', { reason: 'the host is stopping.' });
    const folder = join(workspace.dir, name);
    const client = new LanguageClient(compiler, workspace.dir);
    running.add(client);
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      void client.close();
    }, limits.checkTime);
    try {
      return await check({ client, folder, workspace }, given);
    } catch (error) {
      const reason = late ? `the check did not finish within ${limits.checkTime} ms.` : messageOf(error);
      throw new HearthError('CHECK_FAILED', { reason }, { cause: error });
    } finally {
      clearTimeout(timer);
      await client.close();
      // A folder that cannot be removed fails the next check that gets it, and none for want of a place.
      await rm(folder, { recursive: true, force: true }).catch(() => {});
      running.delete(client);
    }
  };
  return {
    async check(given) {
      const name = await take();
      try {
        return await run(name, given);
      } finally {
        free.push(name);
        waiting.shift()?.();
      }
    },
    async close() {
      closed = true;
      await Promise.all([...running].map((client) => client.close()));
    },
  };
}

interface Place {
  readonly client: LanguageClient;
  readonly folder: string;
  readonly workspace: Workspace;
}

async function check({ client, folder, workspace }: Place, given: readonly FunctionSource[]): Promise<readonly CheckDiagnostic[]> {
  const sources = new Map(workspace.functions);
  for (const { name, source } of given) sources.set(name, source);
  const names = given.map(({ name }) => name);
  const { checked, needed } = findClosure(names, sources);
  await mkdir(folder, { mode: 0o700 });
  await workspace.linkPackages(folder);
  await writeFile(join(folder, 'tsconfig.json'), toSettings({ sdk: '../app/sdk' }));
  for (const name of needed) await writeSource(fileOf(folder, name), sources.get(name) ?? '');
  await client.initialize(folder);
  const path = `${folder}/functions/`;
  const found: CheckDiagnostic[] = [];
  for (const name of checked) {
    const source = sources.get(name) ?? '';
    const uri = pathToFileURL(fileOf(folder, name)).href;
    client.notify('textDocument/didOpen', { textDocument: { uri, languageId: 'typescript', version: 1, text: source } });
    const report = await client.request('textDocument/diagnostic', { textDocument: { uri } });
    for (const diagnostic of toDiagnostics(name, source, report)) {
      found.push({ ...diagnostic, message: diagnostic.message.replaceAll(path, '@/') });
    }
  }
  return found;
}
