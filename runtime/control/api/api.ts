import type { IncomingMessage, RequestListener } from 'node:http';
import { Router, type RouterContext } from '@koa/router';
import Koa from 'koa';
import { HearthError } from '../../kernel/errors.ts';
import { createStatusHistory, type StatusHistory } from './status-history.ts';
import type { ControlServices } from './services.ts';
import { authorize, isPrivate } from './auth.ts';
import { checkRoutes } from './check-routes.ts';
import { connectionRoutes } from './connection-routes.ts';
import { crashRoutes } from './crash-routes.ts';
import { deletedRoutes } from './deleted-routes.ts';
import { answerErrors, logKoaErrors, toErrorBody } from './error-reply.ts';
import { functionRoutes } from './function-routes.ts';
import { logRoutes } from './log-routes.ts';
import { describeApi } from './openapi.ts';
import { publishRoutes } from './publish-routes.ts';
import { revisionRoutes } from './revision-routes.ts';
import { type ApiLimits, type ApiScope, type Route, answer } from './route.ts';
import { runRoutes } from './run-routes.ts';
import { statusRoutes } from './status-routes.ts';
import { type LogStreams, createLogStreams } from './log-stream.ts';
import { transferRoutes } from './transfer-routes.ts';
import { workerRoutes } from './worker-routes.ts';

/** What the API keeps to unless told otherwise. */
export const defaultApiLimits: ApiLimits = {
  body: 32 * 1024 * 1024,
  import: 256 * 1024 * 1024,
  streamBuffer: 4 * 1024 * 1024,
  heartbeat: 15_000,
  // Half an hour.
  history: { interval: 2_000, samples: 900 },
};

export interface Api {
  callback(): RequestListener;
  /** Answers a request whose sender is known to be the admin, whatever token it has. */
  readonly admitted: RequestListener;
  /** Ends the log streams, which would keep a server from closing, and what else it has begun. */
  close(): void;
}

/** Makes the control API over the given services; its maker closes it before the server. */
export function createApi(services: ControlServices, limits: ApiLimits = defaultApiLimits): Api {
  const streams = createLogStreams(services.logs, limits);
  const history = createStatusHistory(services.supervisor, limits.history);
  const routes = apiRoutes({ services, limits }, { streams, history });
  const admitted = new WeakSet<IncomingMessage>();
  const app = new Koa();
  logKoaErrors(app, services.logs);
  app.use(answerErrors(services.logs));
  // Before the routers, for which a malformed URL would be an error of ours.
  app.use((ctx, next) => {
    pathOf(ctx);
    return next();
  });
  app.use(toRouter(routes.filter((route) => route.open)).routes());
  app.use((ctx, next) => {
    if (!isPrivate(pathOf(ctx))) return answerNotFound(ctx);
    if (!admitted.has(ctx.req)) authorize(ctx, services);
    return next();
  });
  app.use(toRouter(routes.filter((route) => !route.open)).routes());
  app.use(answerNotFound);
  const close = (): void => {
    streams.close();
    history.close();
  };
  const listener = app.callback();
  const admit: RequestListener = (request, response) => {
    admitted.add(request);
    void listener(request, response);
  };
  return { callback: () => listener, admitted: admit, close };
}

interface Kept {
  readonly streams: LogStreams;
  readonly history: StatusHistory;
}

function apiRoutes(scope: ApiScope, { streams, history }: Kept): readonly Route[] {
  let description: ReturnType<typeof describeApi> | undefined;
  const openapi: Route = {
    id: 'getOpenApi',
    method: 'GET',
    path: '/v1/openapi.json',
    summary: 'Describes this API.',
    answers: { 200: { description: 'An OpenAPI 3.1 document.', schema: 'OpenApi' } },
    handle: (ctx) => answer(ctx, 'OpenApi', (description ??= describeApi(routes, scope.services.version))),
  };
  const routes = [
    ...functionRoutes(scope),
    ...revisionRoutes(scope),
    ...deletedRoutes(scope),
    ...publishRoutes(scope),
    ...checkRoutes(scope),
    ...runRoutes(scope),
    ...logRoutes(scope, streams),
    ...connectionRoutes(scope),
    ...statusRoutes(scope, history),
    ...crashRoutes(scope),
    ...transferRoutes(scope),
    ...workerRoutes(scope),
    openapi,
  ];
  return routes;
}

/** Paths match exactly, in case and in their last slash: anything else is ROUTE_NOT_FOUND. */
function toRouter(routes: readonly Route[]): Router {
  const router = new Router({ sensitive: true, strict: true });
  for (const { path, method, handle } of routes) {
    // A name may be empty here, so that it is refused as a name.
    const pattern = path.replace('{name}', '{:name}').replace(/\{(n|id)\}/, ':$1');
    router.register(pattern, [method], (ctx) => handle(ctx));
  }
  return router;
}

function answerNotFound(ctx: Koa.Context & Pick<RouterContext, 'matched'>): void {
  const error = new HearthError('ROUTE_NOT_FOUND', { method: ctx.method, path: pathOf(ctx) });
  const allowed = new Set(ctx.matched?.flatMap((layer) => layer.methods));
  if (allowed.size === 0) throw error;
  ctx.status = 405;
  ctx.set('Allow', [...allowed].join(', '));
  ctx.body = toErrorBody(error);
}

/** The request's path; throws `INVALID_URL`, since a request may name a whole URL and that may be malformed. */
function pathOf(ctx: Koa.Context): string {
  const { path } = parseUrl(ctx);
  if (typeof path !== 'string') throw new HearthError('INVALID_URL');
  return path;
}

function parseUrl(ctx: Koa.Context): { readonly path: unknown } {
  try {
    return { path: ctx.path };
  } catch {
    return { path: undefined };
  }
}
