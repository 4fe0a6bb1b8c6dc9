import { setTimeout as sleep } from 'node:timers/promises';
import { MongoServerError } from 'mongodb';
import { HearthError } from '../../../kernel/errors.ts';
import { Connection } from './mongodb-connection.ts';
import { isAbsence, isConflict, isRefusal, isTooOld, reasonOf } from './mongodb-failure.ts';
import { migrate } from './mongodb-schema.ts';

/** How to wait for a database. */
export interface Waiting {
  /** Ends the waiting. */
  readonly signal?: AbortSignal | undefined;
  /** Told why it waits: when it begins to, when the reason changes, and every ten seconds. */
  readonly onWaiting?: ((reason: string) => void) | undefined;
}

/**
 * Connects to the database and brings it to the newest schema, waiting for it as long as it cannot be
 * reached. Rejects with `CONFIG_INVALID` (reason) when waiting cannot help, and with the signal's reason.
 */
export async function openConnection(uri: string, waiting: Waiting): Promise<Connection> {
  const { signal } = waiting;
  const tell = createTeller(waiting.onWaiting);
  for (;;) {
    signal?.throwIfAborted();
    const connection = new Connection(uri);
    connection.onFailure = tell;
    const abort = (): void => void connection.close().catch(() => {});
    signal?.addEventListener('abort', abort, { once: true });
    try {
      await connection.connect();
      await checkDeployment(connection);
      await migrate(connection.db);
      signal?.throwIfAborted();
      connection.onFailure = () => {};
      return connection;
    } catch (error) {
      await connection.close().catch(() => {});
      signal?.throwIfAborted();
      throwIfFinal(error, connection);
      tell(reasonOf(error, connection.conceal));
    } finally {
      signal?.removeEventListener('abort', abort);
    }
    await sleep(500, undefined, { signal }).catch(() => {});
  }
}

function createTeller(onWaiting: (reason: string) => void = () => {}): (reason: string) => void {
  let told = { reason: '', at: 0 };
  return (reason) => {
    const now = performance.now();
    if (reason === told.reason && now - told.at < 10_000) return;
    told = { reason, at: now };
    onWaiting(reason);
  };
}

async function checkDeployment(connection: Connection): Promise<void> {
  const { maxWireVersion } = await connection.db.command({ hello: 1 });
  if (connection.mistake !== undefined) throw invalid(connection.mistake);
  // Reads of one moment outside of a transaction came with it.
  if (typeof maxWireVersion === 'number' && maxWireVersion < 13) throw invalid('names a MongoDB older than 5.0. Use 5.0 or newer.');
}

function throwIfFinal(error: unknown, connection: Connection): void {
  if (error instanceof HearthError) throw error;
  if (connection.mistake !== undefined) throw invalid(connection.mistake);
  if (isRefusal(error)) {
    const user = 'names a user that is unknown, has another password, or may not read and write';
    throw invalid(`${user} the database "${connection.database}".`, error);
  }
  if (isTooOld(error)) throw invalid('names a MongoDB older than 5.0. Use 5.0 or newer.', error);
  if (isAbsence(error) || isConflict(error)) return;
  if (error instanceof MongoServerError)
    throw invalid(`names a database that cannot be used: ${reasonOf(error, connection.conceal)}`, error);
  throw error;
}

function invalid(rest: string, cause?: unknown): HearthError {
  return new HearthError('CONFIG_INVALID', { reason: `MONGODB_URI ${rest}` }, { cause });
}
