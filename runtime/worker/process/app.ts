import type { Calls } from '../../kernel/calls/calls.ts';
import type { Log } from '../../kernel/calls/warnings.ts';
import type { WorkerSettings } from '../../kernel/protocol/protocol.ts';
import type { FunctionView } from '../../kernel/functions/registry.ts';

/** Counts since the worker started; whoever does the thing counts it. */
export interface Counters {
  requests: number;
  /** Requests whose function threw. */
  requestErrors: number;
  connectionsTotal: number;
  messagesReceived: number;
  messagesSent: number;
  /** Calls over HTTP under way and waiting for their turn. */
  requestsActive: number;
  requestsQueued: number;
  /** Calls and connections refused because there were too many. */
  refused: number;
  /** Calls and events that did not end in time. */
  timeouts: number;
}

/** Counts that are all 0. */
export function createCounters(): Counters {
  return {
    requests: 0,
    requestErrors: 0,
    connectionsTotal: 0,
    messagesReceived: 0,
    messagesSent: 0,
    requestsActive: 0,
    requestsQueued: 0,
    refused: 0,
    timeouts: 0,
  };
}

/** What the parts of an app share. An app is a value that is passed, never a global. */
export interface App {
  readonly settings: WorkerSettings;
  /** The live functions. */
  readonly functions: FunctionView;
  /** The way into the functions' code. */
  readonly calls: Calls;
  readonly counters: Counters;
  /** Writes a line of the host's own; `fields` say whom it concerns. Never throws. */
  readonly log: Log;
}
