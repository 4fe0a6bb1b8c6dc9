import { queries, readQuery } from './query-string.ts';
import { type ApiScope, type Route, answer } from './route.ts';
import type { LogStreams } from './log-stream.ts';

const defaultLimit = 200;

export function logRoutes(scope: ApiScope, streams: LogStreams): readonly Route[] {
  return [
    {
      id: 'listLogs',
      method: 'GET',
      path: '/v1/logs',
      summary: 'Returns the newest matching log records, oldest first: 200 of them unless limit says otherwise.',
      query: 'Logs',
      answers: { 200: { description: 'The records.', schema: 'LogList' } },
      handle(ctx) {
        const { limit = defaultLimit, ...filter } = readQuery(ctx, queries.Logs);
        answer(ctx, 'LogList', { logs: scope.services.logs.query(filter, limit) });
      },
    },
    {
      id: 'streamLogs',
      method: 'GET',
      path: '/v1/logs/stream',
      summary:
        'Streams the log as server-sent events, each a LoggedRecord. With Last-Event-ID the stream continues after that record; ' +
        'otherwise since or limit make it start with records still in memory.',
      query: 'Logs',
      answers: { 200: { description: 'The records, until the client disconnects.', type: 'text/event-stream' } },
      handle: (ctx) => streams.open(ctx, readQuery(ctx, queries.Logs)),
    },
  ];
}
