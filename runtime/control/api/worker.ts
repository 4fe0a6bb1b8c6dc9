import type { ApiScope, Route } from './route.ts';

/** The call that replaces the worker. */
export function workerRoutes(scope: ApiScope): readonly Route[] {
  const { supervisor } = scope.services;
  return [
    {
      id: 'restartWorker',
      method: 'POST',
      path: '/v1/worker/restart',
      summary: 'Puts a fresh worker in the place of the serving one. No request is lost; sockets are closed with 1012 and may come back.',
      answers: { 204: { description: 'The fresh worker serves.' } },
      errors: ['WORKER_UNAVAILABLE'],
      async handle(ctx) {
        await supervisor.restart('asked for over the API');
        ctx.status = 204;
      },
    },
  ];
}
