import type { Counters } from '../../kernel/protocol/metrics.ts';
import type { Calls } from '../../kernel/calls/calls.ts';
import type { Log } from '../../kernel/calls/warnings.ts';
import type { WorkerSettings } from '../../kernel/protocol/settings.ts';
import type { FunctionView } from '../../kernel/functions/function-view.ts';

/** What the parts of an app share. An app is a value that is passed, never a global. */
export interface App {
  readonly settings: WorkerSettings;
  readonly functions: FunctionView;
  readonly calls: Calls;
  readonly counters: Counters;
  /** Writes a line of the host's own; `fields` say what it concerns. Never throws. */
  readonly log: Log;
}
