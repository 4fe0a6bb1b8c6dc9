import { Readable } from 'node:stream';
import type { FunctionStore } from '../../../kernel/ports/function-store.ts';
import { openServerSecret } from '../settings/server-secret.ts';
import type { ImportOptions, ImportReport } from './import-report.ts';
import { writeExport } from './export-format.ts';
import { Importer, type ImporterOptions } from './importer.ts';
import { readExport } from './export-reader.ts';

export interface TransferIdentity {
  readonly version: string;
  readonly appId: string;
  /** As the configuration has it; undefined: the one that is kept. */
  readonly serverSecret: string | undefined;
}

/** The export of an app as text; rejects with `STORE_UNAVAILABLE` before the first byte. */
export async function exportFrom(
  store: FunctionStore,
  { version, appId, serverSecret }: TransferIdentity,
  secret: boolean,
): Promise<Readable> {
  const heads = await store.heads();
  const head = { hearth: version, appId, serverSecret: secret ? await openServerSecret(store, serverSecret) : undefined };
  return Readable.from(writeExport({ store, heads, head }), { highWaterMark: 1 });
}

/** Carries a whole app from one host to another. */
export class Transfer {
  readonly #store: FunctionStore;
  readonly #identity: TransferIdentity;
  readonly #importer: Importer;

  constructor(options: ImporterOptions, identity: TransferIdentity) {
    this.#store = options.store;
    this.#identity = identity;
    this.#importer = new Importer(options);
  }

  /** The text of an export; `secret` says whether the one that signs the app's tokens is in it. */
  export(secret: boolean): Promise<Readable> {
    return exportFrom(this.#store, this.#identity, secret);
  }

  /** Imports an export of at most `limit` bytes, all or nothing; resolves when it is live. Does not destroy the source. */
  async import(source: Readable, limit: number, options: ImportOptions): Promise<ImportReport> {
    return this.#importer.import(await readExport(source, limit), options);
  }
}
