import { type ApiScope, type Route, answer } from './route.ts';

export function workerRoutes(scope: ApiScope): readonly Route[] {
  const { supervisor } = scope.services;
  return [
    {
      id: 'restartWorker',
      method: 'POST',
      path: '/v1/worker/restart',
      summary: 'Replaces the serving worker with a fresh one. No request is lost; sockets are closed with 1012, and clients can reconnect.',
      answers: { 204: { description: 'The fresh worker is serving.' } },
      errors: ['WORKER_UNAVAILABLE'],
      async handle(ctx) {
        await supervisor.restart('requested over the API');
        ctx.status = 204;
      },
    },
    {
      id: 'runInit',
      method: 'POST',
      path: '/v1/worker/init',
      summary: 'Runs __init__ again, after a publish for example. Answers when it is done; functions are served meanwhile.',
      answers: { 200: { description: 'It has run.', schema: 'Initialized' } },
      errors: ['FUNCTION_NOT_FOUND', 'INIT_FAILED', 'INIT_TIMEOUT', 'FUNCTION_QUARANTINED', 'WORKER_UNAVAILABLE'],
      async handle(ctx) {
        answer(ctx, 'Initialized', await supervisor.init());
      },
    },
  ];
}
