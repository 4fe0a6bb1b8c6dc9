import type { Invocation, InvocationScope } from '../kernel/invocation.ts';
import type { LogFields, LogLevel } from '../kernel/logger.ts';
import type { WorkerSettings } from '../kernel/protocol.ts';
import type { FunctionView } from '../kernel/registry.ts';

/** Counts since the worker started; whoever does the thing counts it. */
export interface Counters {
  requests: number;
  /** Requests whose function threw. */
  requestErrors: number;
  connectionsTotal: number;
  messagesReceived: number;
  messagesSent: number;
}

/** What the parts of a worker share. An app is a value that is passed, never a global. */
export interface App {
  readonly settings: WorkerSettings;
  /** The live functions. */
  readonly functions: FunctionView;
  readonly scope: InvocationScope;
  readonly counters: Counters;
  /** Writes a line of the host's own; `fields` say whom it concerns. Never throws. */
  log(level: LogLevel, message: string, fields?: LogFields): void;
  /** Logs what an invocation threw, with its stack in terms of sources. Never throws. */
  failed(thrown: unknown, invocation: Invocation): void;
  /** The verified payload of a JWT signed with the app's secret, or null. */
  verifyToken(token: string): unknown;
}
