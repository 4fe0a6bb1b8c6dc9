import type { RouterContext } from '@koa/router';
import { checkFunctionName } from '../../kernel/functions/name.ts';
import type { ErrorCode } from '../../kernel/errors.ts';
import type { HistoryOptions } from './status-history.ts';
import type { ControlServices } from './services.ts';
import type { AnswerBody, AnswerName } from './responses.ts';
import type { queries } from './query-string.ts';
import type { requests } from './requests.ts';

export interface ApiLimits {
  /** Bytes of a request's body. */
  readonly body: number;
  /** Bytes of an import, without its gzip. */
  readonly import: number;
  /** Bytes that may wait for a client of a log stream before it is cut off. */
  readonly streamBuffer: number;
  /** Milliseconds between two comments in a log stream. */
  readonly heartbeat: number;
  /** How often the status is noted, in milliseconds, and how many of these samples are kept. */
  readonly history: HistoryOptions;
}

export interface ApiScope {
  readonly services: ControlServices;
  readonly limits: ApiLimits;
}

/** What a status of a call means; without a type it has no body. */
export interface Answer {
  readonly description: string;
  readonly schema?: AnswerName;
  readonly type?: string;
}

/** One call of the API, with all that its description says. */
export interface Route {
  readonly id: string;
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Parameters stand in braces, one segment each. */
  readonly path: string;
  readonly summary: string;
  /** Whether it is answered without a token. */
  readonly open?: boolean;
  readonly query?: keyof typeof queries;
  readonly body?: keyof typeof requests;
  /** A body that is the answer of another call, checked by the call itself. */
  readonly takes?: AnswerName;
  readonly answers: Readonly<Record<number, Answer>>;
  /** Errors of its own; those that follow from a token, a body, a query or a name go without saying. */
  readonly errors?: readonly ErrorCode[];
  readonly handle: (ctx: RouterContext) => void | Promise<void>;
}

/** Sets the body of an answer; the name only ties it to its schema. */
export function answer<N extends AnswerName>(ctx: RouterContext, _name: N, body: AnswerBody<N>): void {
  ctx.body = body;
}

/** The function that the path names; throws `INVALID_NAME`. A malformed escape keeps its `%`, which no name holds. */
export function nameOf(ctx: RouterContext): string {
  return checkFunctionName(ctx.params['name'] ?? '');
}

export function tookSince(start: number): number {
  return Math.round((performance.now() - start) * 100) / 100;
}
