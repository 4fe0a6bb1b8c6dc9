import { Concurrency } from '../../../kernel/calls/concurrency.ts';
import { Deadlines } from '../../../kernel/calls/deadlines.ts';
import type { Lifetime } from '../../../kernel/calls/lifetime.ts';
import { HearthError, messageOf } from '../../../kernel/errors.ts';
import type { FunctionView } from '../../../kernel/functions/function-view.ts';
import type { App } from '../../process/app-context.ts';
import { dropConsoleCookie } from '../console-cookie.ts';
import { discardBody, hasBody } from './body-limit.ts';
import { createBodyReader } from './body.ts';
import { HttpCall, type HttpDialect, type HttpTrigger, type RequestOrigin } from './http-call.ts';
import { createErrorListener, replyError } from './reply.ts';
import { requestedName, requestIdOf } from './request-target.ts';
import type { HttpRequest } from './request.ts';
import { ResponseBatch } from './response-batch.ts';
import { begin, type HttpResponse, onceClosed } from './response.ts';
import { createStreamCheck } from './stream-body.ts';

/** Answers one request; never throws. */
export type RequestHandler = (request: HttpRequest, response: HttpResponse) => void;

/** Which functions requests call, and how. */
export interface HttpTarget {
  /** The app's live functions, or those that a draft sees. */
  readonly functions: FunctionView;
  readonly dialect: HttpDialect;
  /** Of what the calls start; absent: it is that of the function that is called. */
  readonly lifetime?: Lifetime;
}

/**
 * The life of a request: its id, the dialect's headers, the function's name and methods, the body, the call,
 * the reply. Uploads are kept below the app's upload folder until their response has closed.
 */
export function createRequestHandler(app: App, { functions, dialect, lifetime }: HttpTarget): RequestHandler {
  const { calls, counters, settings } = app;
  const concurrency = new Concurrency(settings.limits, counters);
  const deadlines = new Deadlines(settings.limits.functionTimeout, () => concurrency.forgetIdle());
  const trigger: HttpTrigger = {
    calls,
    concurrency,
    deadlines,
    counters,
    functions,
    dialect,
    batch: new ResponseBatch(),
    ...(lifetime && { lifetime }),
  };
  const readBody = createBodyReader(app, settings.uploadDir);
  const readsItself = createStreamCheck(functions);
  const onError = createErrorListener(calls, counters);

  const call = (origin: RequestOrigin): void => {
    const module = dialect.lookUp(functions, origin);
    if (!module) return;
    origin.response.on('error', onError);
    new HttpCall(trigger, module, origin).begin();
  };

  return (request, response) => {
    const origin = accept(app, dialect, { request, response });
    if (!origin) {
      discard(request);
      return;
    }
    if (!hasBody(request)) {
      request.body = {};
      call(origin);
      return;
    }
    const module = dialect.lookUp(functions, origin);
    if (!module) discard(request);
    else if (readsItself(module)) {
      request.body = {};
      onceClosed(response, () => {
        if (!request.complete) discard(request);
      });
      call(origin);
    } else {
      // A publish may come while the body does, so `call()` looks the function up once more.
      readBody(request, response).then(
        () => call(origin),
        (error: unknown) => refuseBody(app, origin, error),
      );
    }
  };
}

/** Gives a response what every response gets; undefined when that has answered the request. */
function accept(
  app: App,
  dialect: HttpDialect,
  { request, response }: Pick<RequestOrigin, 'request' | 'response'>,
): RequestOrigin | undefined {
  app.counters.requests += 1;
  request.res = response;
  dropConsoleCookie(request);
  const requestId = requestIdOf(request.headers['x-request-id']);
  const headers = ['request-id', requestId];
  dialect.addHeaders(headers, request, response);
  begin(response, headers);
  if (dialect.answersItself(request, response)) return undefined;
  const name = requestedName(request.url);
  if (name !== undefined) return { name, requestId, request, response };
  replyError(response, new HearthError('INVALID_URL'), requestId);
  return undefined;
}

function refuseBody(app: App, { requestId, response }: RequestOrigin, error: unknown): void {
  const known = error instanceof HearthError ? error : new HearthError('INTERNAL', {}, { cause: error });
  if (known.code === 'INTERNAL') app.log('error', `A request body could not be stored: ${messageOf(known.cause)}`, { requestId });
  replyError(response, known, requestId);
}

function discard(request: HttpRequest): void {
  if (hasBody(request)) discardBody(request);
}
