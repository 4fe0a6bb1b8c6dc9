import type Koa from 'koa';
import { type ErrorCode, HearthError, messageOf } from '../../kernel/errors.ts';
import type { Logger } from '../../kernel/ports/logger.ts';

/** What every error of the API is answered as: the details stand beside `code` and `message`. */
export interface ErrorBody {
  readonly error: { readonly code: ErrorCode; readonly message: string; readonly [detail: string]: unknown };
}

export function toErrorBody(error: HearthError): ErrorBody {
  const { code, message, details, diagnostics } = error;
  return { error: { ...details, code, message, ...(diagnostics && { diagnostics }) } };
}

/**
 * Outermost middleware: sets the headers of every answer and turns whatever is thrown into a reply.
 * What is no {@link HearthError} with a status becomes an opaque 500, and its cause is logged.
 */
export function answerErrors(logs: Logger): Koa.Middleware {
  return async (ctx, next) => {
    ctx.set('Cache-Control', 'no-store');
    ctx.set('X-Content-Type-Options', 'nosniff');
    try {
      await next();
    } catch (thrown) {
      const error = toAnswerable(thrown);
      if (error.code === 'INTERNAL') logCause(logs, `${ctx.method} ${ctx.url.split('?', 1)[0] ?? ''} failed`, error.cause ?? error);
      ctx.status = error.status;
      ctx.body = toErrorBody(error);
    }
  };
}

/** Takes what koa reports besides: an answer that could not be written. It is the client's affair unless nothing was sent yet. */
export function logKoaErrors(app: Koa, logs: Logger): void {
  app.on('error', (error: unknown, ctx?: Koa.Context) => {
    if (ctx && (ctx.headerSent || !ctx.writable)) return;
    logCause(logs, 'A response could not be written', error);
  });
}

function toAnswerable(thrown: unknown): HearthError {
  return thrown instanceof HearthError && thrown.status > 0 ? thrown : new HearthError('INTERNAL', {}, { cause: thrown });
}

function logCause(logs: Logger, what: string, cause: unknown): void {
  const stack = cause instanceof Error ? cause.stack : undefined;
  logs.log({ time: Date.now(), level: 'error', message: `${what}: ${messageOf(cause)}`, ...(stack !== undefined && { stack }) });
}
