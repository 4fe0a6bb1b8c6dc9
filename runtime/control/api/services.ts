import type { FunctionStore } from '../../kernel/ports/function-store.ts';
import type { LiveCatalog } from '../app/publishing/catalog.ts';
import type { DraftRunner } from '../app/publishing/draft-run.ts';
import type { LoadStates } from '../app/publishing/load-states.ts';
import type { Publisher } from '../app/publishing/publisher.ts';
import type { StoreSync } from '../app/publishing/sync.ts';
import type { Transfer } from '../app/transfer/transfer.ts';
import type { CrashFiles } from '../app/workers/crash-files.ts';
import type { WorkerSupervisor } from '../app/workers/supervisor.ts';
import type { Checker } from '../language/check.ts';
import type { LogBook } from '../logs/log-book.ts';

export interface ControlServices {
  readonly version: string;
  readonly appId: string;
  /** Where functions are called, without a slash at the end. */
  readonly functionsUrl: string;
  readonly startedAt: number;
  readonly store: FunctionStore;
  /** What kind of store that is. */
  readonly storage: 'sqlite' | 'mongodb';
  readonly catalog: Pick<LiveCatalog, 'list' | 'get'>;
  readonly publisher: Pick<Publisher, 'publish'>;
  readonly runner: Pick<DraftRunner, 'run'>;
  readonly checker: Checker;
  readonly supervisor: Pick<WorkerSupervisor, 'call' | 'run' | 'init' | 'restart' | 'status'>;
  readonly loads: Pick<LoadStates, 'errorOf'>;
  readonly sync: Pick<StoreSync, 'list'>;
  readonly crashes: Pick<CrashFiles, 'list' | 'get'>;
  readonly transfer: Pick<Transfer, 'export' | 'import'>;
  readonly logs: LogBook;
  /** Bytes of one function's source. */
  readonly sourceLimit: number;
  /** Whether the token is the admin's; takes the same time for each wrong one. */
  isAdmin(token: string): boolean;
}
