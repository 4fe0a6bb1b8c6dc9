import type { RouterContext } from '@koa/router';
import { readBody } from './request-body.ts';
import { queries, readQuery } from './query-string.ts';
import { requests } from './requests.ts';
import { type ApiScope, type Route, answer } from './route.ts';

const defaultLimit = 1000;

export function connectionRoutes(scope: ApiScope): readonly Route[] {
  const { supervisor } = scope.services;
  return [
    {
      id: 'listConnections',
      method: 'GET',
      path: '/v1/connections',
      summary: 'Lists the open connections, oldest first.',
      query: 'Connections',
      answers: { 200: { description: 'The connections.', schema: 'ConnectionList' } },
      errors: ['WORKER_UNAVAILABLE'],
      async handle(ctx) {
        const { limit = defaultLimit, ...query } = readQuery(ctx, queries.Connections);
        answer(ctx, 'ConnectionList', await supervisor.call('connections', { ...query, limit }));
      },
    },
    {
      id: 'sendToConnection',
      method: 'POST',
      path: '/v1/connections/{id}/send',
      summary: 'Sends a message to one connection.',
      body: 'Send',
      answers: { 204: { description: 'The message was handed to the socket.' } },
      errors: ['CONNECTION_NOT_FOUND', 'WORKER_UNAVAILABLE'],
      async handle(ctx) {
        const { data, encoding = 'utf8' } = await readBody(ctx, requests.Send, scope.limits.body);
        await supervisor.call('send', { connection: idOf(ctx), data, encoding });
        ctx.status = 204;
      },
    },
    {
      id: 'closeConnection',
      method: 'DELETE',
      path: '/v1/connections/{id}',
      summary: 'Closes one connection.',
      query: 'Disconnect',
      answers: { 204: { description: 'The connection is closing.' } },
      errors: ['CONNECTION_NOT_FOUND', 'WORKER_UNAVAILABLE'],
      async handle(ctx) {
        const { code = 1000, reason = '' } = readQuery(ctx, queries.Disconnect);
        await supervisor.call('disconnect', { connection: idOf(ctx), code, reason });
        ctx.status = 204;
      },
    },
  ];
}

function idOf(ctx: RouterContext): string {
  return ctx.params['id'] ?? '';
}
