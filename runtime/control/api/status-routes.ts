import { mapCounters } from '../../kernel/protocol/metrics.ts';
import type { StatusHistory } from './status-history.ts';
import type { SupervisorStatus } from '../app/workers/supervisor.ts';
import type { AnswerBody } from './responses.ts';
import { toCrashSummary } from './crash-routes.ts';
import { renderMetrics } from './prometheus.ts';
import { queries, readQuery } from './query-string.ts';
import { type ApiScope, type Route, answer } from './route.ts';

export function statusRoutes(scope: ApiScope, history: StatusHistory): readonly Route[] {
  return [
    ...probeRoutes(scope),
    {
      id: 'getStatus',
      method: 'GET',
      path: '/v1/status',
      summary: 'Returns the status of the host and its worker.',
      answers: { 200: { description: 'The status.', schema: 'Status' } },
      handle: (ctx) => answer(ctx, 'Status', toStatus(scope)),
    },
    {
      id: 'getStatusHistory',
      method: 'GET',
      path: '/v1/status/history',
      summary: 'Returns the recent metrics history of the host, oldest first.',
      query: 'History',
      answers: { 200: { description: 'The samples.', schema: 'StatusHistory' } },
      handle(ctx) {
        const { since } = readQuery(ctx, queries.History);
        answer(ctx, 'StatusHistory', { intervalMs: history.intervalMs, samples: history.samples(since) });
      },
    },
    {
      id: 'getMetrics',
      method: 'GET',
      path: '/metrics',
      summary: 'Returns the same metrics in the Prometheus text format.',
      answers: { 200: { description: 'The metrics.', type: 'text/plain' } },
      handle(ctx) {
        ctx.set('Content-Type', 'text/plain; version=0.0.4; charset=utf-8');
        ctx.body = renderMetrics(toStatus(scope));
      },
    },
  ];
}

function probeRoutes({ services: { supervisor } }: ApiScope): readonly Route[] {
  return [
    {
      id: 'getHealth',
      method: 'GET',
      path: '/_/healthz',
      summary: 'Answers as long as the host runs.',
      open: true,
      answers: { 200: { description: 'The host runs.', schema: 'Health' } },
      handle: (ctx) => answer(ctx, 'Health', { status: 'ok' }),
    },
    {
      id: 'getReadiness',
      method: 'GET',
      path: '/_/readyz',
      summary: 'Says whether the host is serving functions.',
      open: true,
      answers: {
        200: { description: 'It is.', schema: 'Readiness' },
        503: { description: 'It is not.', schema: 'Readiness' },
      },
      handle(ctx) {
        const { state } = supervisor.status().worker;
        ctx.status = state === 'serving' ? 200 : 503;
        answer(ctx, 'Readiness', { status: state === 'serving' ? 'ready' : state });
      },
    },
    {
      id: 'getIndex',
      method: 'GET',
      path: '/',
      summary: 'Identifies the API.',
      open: true,
      answers: { 200: { description: 'Where to go next.', schema: 'Index' } },
      handle: (ctx) => answer(ctx, 'Index', { name: 'hearth', api: '/v1/openapi.json' }),
    },
  ];
}

function toStatus({ services }: ApiScope): AnswerBody<'Status'> {
  const status = services.supervisor.status();
  const { metrics } = status;
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
  return {
    version: services.version,
    appId: services.appId,
    startedAt: new Date(services.startedAt).toISOString(),
    uptimeMs: Math.max(0, Math.round(Date.now() - services.startedAt)),
    functions: services.catalog.list().length,
    worker: toWorker(status),
    quarantined: status.quarantined,
    store: { kind: services.storage, available: services.store.available },
    diverged: services.sync.list(),
    memory: { control: { rss, heapUsed, heapTotal, external }, worker: metrics?.memory ?? null },
    eventLoopDelay: metrics?.eventLoopDelay ?? null,
    counters: metrics ? mapCounters((name) => metrics[name]) : null,
  };
}

function toWorker(status: SupervisorStatus): AnswerBody<'Status'>['worker'] {
  const { worker, standby, restarts, lastCrash } = status;
  return {
    state: worker.state,
    pid: 'pid' in worker ? (worker.pid ?? null) : null,
    ...('since' in worker && { since: worker.since }),
    ...('attempt' in worker && { attempt: worker.attempt }),
    standby,
    restarts,
    lastCrash: lastCrash ? toCrashSummary(lastCrash) : null,
  };
}
