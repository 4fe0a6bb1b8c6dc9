import { HearthError, messageOf } from '../../../kernel/errors.ts';
import type { FunctionView } from '../../../kernel/functions/registry.ts';
import type { App } from '../../process/app.ts';
import { createBodyReader } from './body.ts';
import { discardBody, hasBody } from './bound.ts';
import { Calls } from './calls.ts';
import { dropConsoleCookie } from '../console-cookie.ts';
import { type ContextOrigin, requestedName, requestIdOf } from './context.ts';
import { addCors, answerPreflight } from './cors.ts';
import { Exchange, type ExchangeHost } from './exchange.ts';
import { createErrorListener } from './failure.ts';
import { Notices } from './notices.ts';
import { find } from './find.ts';
import { Outbox } from './outbox.ts';
import { replyError } from './reply.ts';
import type { HttpRequest } from './request.ts';
import type { HttpResponse } from './response.ts';
import { waitForTurn } from './turn.ts';

/** Answers one request; never throws. */
export type RequestHandler = (request: HttpRequest, response: HttpResponse) => void;

/**
 * The life of a request: its id, CORS, the function's name and methods, the body, the context, the
 * interceptor, the function, the reply. Requests call the functions of `functions`, which are the
 * app's live ones or those that a draft sees. Uploads are kept below `uploadDir`, by default the
 * system's folder for temporary files, until their response has closed.
 */
export function createRequestHandler(app: App, functions: FunctionView, uploadDir?: string): RequestHandler {
  const readBody = createBodyReader(app, uploadDir);
  const onError = createErrorListener(app);
  const calls = new Calls(app);
  const host: ExchangeHost = { app, functions, calls, notices: new Notices(app), outbox: new Outbox() };

  const invoke = (origin: ContextOrigin): void => {
    const module = find(functions, origin);
    if (!module) return;
    origin.response.on('error', onError);
    if (calls.isFull(module.name)) waitForTurn(host, module, origin);
    else new Exchange(host, module, origin).begin();
  };

  return (request, response) => {
    const origin = accept(app, request, response);
    if (!origin) discard(request);
    else if (!hasBody(request)) {
      request.body = {};
      invoke(origin);
    } else if (find(functions, origin)) {
      // A publish may come while the body does, so `invoke()` looks the function up once more.
      readBody(request, response).then(
        () => invoke(origin),
        (error: unknown) => refuseBody(app, origin, error),
      );
    } else discard(request);
  };
}

/** Does what every response gets; undefined when the request needed no more than that and was answered. */
function accept(app: App, request: HttpRequest, response: HttpResponse): ContextOrigin | undefined {
  app.counters.requests++;
  request.res = response;
  dropConsoleCookie(request);
  const requestId = requestIdOf(request.headers['x-request-id']);
  const headers = ['request-id', requestId];
  addCors(headers, request);
  response.early = headers;
  if (request.method === 'OPTIONS') {
    answerPreflight(request, response);
    return undefined;
  }
  const name = requestedName(request.url);
  if (name !== undefined) return { name, requestId, request, response };
  replyError(response, new HearthError('INVALID_URL'), requestId);
  return undefined;
}

function refuseBody(app: App, { requestId, response }: ContextOrigin, error: unknown): void {
  const known = error instanceof HearthError ? error : new HearthError('INTERNAL', {}, { cause: error });
  if (known.code === 'INTERNAL') app.log('error', `A request body was not kept: ${messageOf(known.cause)}`, { requestId });
  replyError(response, known, requestId);
}

function discard(request: HttpRequest): void {
  if (hasBody(request)) discardBody(request);
}
