import { Readable } from 'node:stream';
import type { FunctionStore } from '../../../kernel/ports/function-store.ts';
import { openServerSecret } from '../settings/server-secret.ts';
import type { Transfer } from './port.ts';
import { writeExport } from './format.ts';
import { Importer, type ImporterParts } from './importer.ts';
import { readExport } from './read.ts';

/** What the host says of itself in an export. */
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

/** Export and import of the app of a host that serves. */
export function createTransfer(parts: ImporterParts, identity: TransferIdentity): Transfer {
  const importer = new Importer(parts);
  return {
    export: (secret) => exportFrom(parts.store, identity, secret),
    import: async (source, limit, options) => importer.import(await readExport(source, limit), options),
  };
}
