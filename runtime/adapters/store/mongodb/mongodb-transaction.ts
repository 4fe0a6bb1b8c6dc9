import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientSession, TransactionOptions } from 'mongodb';
import type { Connection } from './mongodb-connection.ts';
import { isConflict, isUnknownCommit } from './mongodb-failure.ts';

const options: TransactionOptions = {
  readPreference: 'primary',
  readConcern: { level: 'snapshot' },
  writeConcern: { w: 'majority', journal: true, wtimeoutMS: 5_000 },
};

/** How long other transactions may come first, and how long an outcome is asked for, in milliseconds. */
const conflictPatience = 5_000;
const outcomePatience = 2_000;

/** What a transaction needs. */
export interface TransactionParts<Result> {
  readonly connection: Connection;
  /** Aborts when nobody waits for the outcome any more: nothing is begun or committed after that. */
  readonly signal: AbortSignal;
  /** Reads and writes by the session, and does nothing else: it may be carried out several times. */
  readonly work: (session: ClientSession) => Promise<Result>;
}

/**
 * Carries out all of `work` in one transaction, durably on a majority, or nothing of it; then it rejects
 * with what `work` rejects with. When another transaction came first, `work` is carried out anew.
 */
export async function transact<Result>({ connection, signal, work }: TransactionParts<Result>): Promise<Result> {
  const until = performance.now() + conflictPatience;
  for (let attempt = 0; ; attempt += 1) {
    connection.check();
    signal.throwIfAborted();
    const session = connection.client.startSession();
    const end = (): Promise<void> => connection.end(session);
    const abort = (): void => void end();
    signal.addEventListener('abort', abort, { once: true });
    try {
      session.startTransaction(options);
      const result = await work(session);
      await commit(connection, session, signal);
      return result;
    } catch (error) {
      if (!isConflict(error) || performance.now() > until) throw error;
    } finally {
      signal.removeEventListener('abort', abort);
      await end();
    }
    await sleep(Math.random() * Math.min(2 ** attempt, 50));
  }
}

/** Commits, and commits again while the outcome is unknown, which never commits twice. */
async function commit(connection: Connection, session: ClientSession, signal: AbortSignal): Promise<void> {
  const until = performance.now() + outcomePatience;
  for (;;) {
    signal.throwIfAborted();
    try {
      await session.commitTransaction();
      return;
    } catch (error) {
      if (!isUnknownCommit(error) || performance.now() > until) throw error;
    }
    connection.check();
    await sleep(20);
  }
}
