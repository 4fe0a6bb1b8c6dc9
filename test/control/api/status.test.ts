import { describe, expect, it, vi } from 'vitest';
import { bareReport, stuckFunction, stuckReport } from './fakes.ts';
import { startHost } from './host.ts';

describe('GET /v1/status', () => {
  it('answers how the host and a serving worker are', async () => {
    const host = await startHost();
    await host.call('PUT', '/v1/functions/f', { source: 's' });
    const { body } = await host.call('GET', '/v1/status');
    expect(body).toEqual({
      version: '1.2.3',
      appId: 'app',
      startedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      uptimeMs: expect.any(Number),
      functions: 1,
      worker: { state: 'serving', pid: 77, since: 1_700_000_000_000, standby: 'ready', restarts: 0, lastCrash: null },
      quarantined: [],
      store: { kind: 'sqlite', available: true },
      diverged: [],
      memory: {
        control: expect.objectContaining({ rss: expect.any(Number) }),
        worker: { rss: 104, heapUsed: 101, heapTotal: 102, external: 103 },
      },
      eventLoopDelay: { mean: 1.5, p99: 12, max: 30 },
      counters: {
        requests: 11,
        requestErrors: 2,
        connections: 3,
        connectionsTotal: 14,
        messagesReceived: 15,
        messagesSent: 16,
        logLinesDropped: 7,
        requestsActive: 21,
        requestsQueued: 22,
        refused: 23,
        timeouts: 24,
        stopped: 25,
        buffered: 26,
      },
    });
  });

  it('answers null for what a worker has not told', async () => {
    const host = await startHost();
    host.supervision = {
      ...host.supervision,
      worker: { state: 'restarting', attempt: 2 },
      standby: 'none',
      restarts: 4,
      metrics: undefined,
    };
    expect((await host.call('GET', '/v1/status')).body).toMatchObject({
      worker: {
        state: 'restarting',
        attempt: 2,
        pid: null,
        standby: 'none',
        restarts: 4,
        lastCrash: null,
      },
      memory: { worker: null },
      eventLoopDelay: null,
      counters: null,
    });
  });
});

describe('GET /v1/status after a crash', () => {
  it('answers it in short, and which function it disabled', async () => {
    const host = await startHost();
    host.supervision = { ...host.supervision, restarts: 1, lastCrash: stuckReport, quarantined: [stuckFunction] };
    const { id, at, pid, code, signal, cause, message, place } = stuckReport;
    expect((await host.call('GET', '/v1/status')).body).toMatchObject({
      worker: { lastCrash: { id, at, pid, code, signal, cause, message, place, quarantined: true } },
      quarantined: [{ name: 'f', revision: 2, reason: message, since: at, crash: id, previous: 1 }],
    });
  });

  it('takes a crash without a place, and a function without an earlier revision', async () => {
    const host = await startHost();
    host.supervision = { ...host.supervision, lastCrash: bareReport, quarantined: [{ ...stuckFunction, previous: null }] };
    const { body } = await host.call('GET', '/v1/status');
    expect(body).toMatchObject({ worker: { lastCrash: { id: bareReport.id, pid: null, code: 134 } }, quarantined: [{ previous: null }] });
  });

  it('answers since when a worker has been draining', async () => {
    const host = await startHost();
    host.supervision = { ...host.supervision, worker: { state: 'draining', pid: 77, since: 1_700_000_000_009 } };
    expect((await host.call('GET', '/v1/status')).body).toMatchObject({ worker: { state: 'draining', pid: 77, since: 1_700_000_000_009 } });
    expect((await host.call('GET', '/metrics')).text).toContain('hearth_worker_up 0\n');
  });
});

describe('GET /v1/status/history', () => {
  it('answers the samples, or those after a time', async () => {
    const host = await startHost({ history: { interval: 5, samples: 2 } });
    const read = async (query = '') => (await host.call('GET', `/v1/status/history${query}`)).body;
    await vi.waitFor(async () => expect(await read()).toMatchObject({ intervalMs: 5, samples: [{ requests: 0 }, { requests: 0 }] }));
    expect(await read()).toMatchObject({ samples: [{ state: 'serving', rssWorker: 104, loopP99: 12 }, {}] });
    expect(await read('?since=2999-01-01')).toEqual({ intervalMs: 5, samples: [] });
    expect(await read('?since=x')).toMatchObject({ error: { code: 'INVALID_QUERY' } });
    host.supervision = { ...host.supervision, worker: { state: 'restarting', attempt: 1 }, metrics: undefined };
    await vi.waitFor(async () => expect(await read()).toMatchObject({ samples: [{}, { state: 'restarting', rssWorker: null }] }));
  });
});

describe('GET /_/healthz and GET /_/readyz', () => {
  it('answer without a token', async () => {
    const host = await startHost();
    const health = await host.call('GET', '/_/healthz', undefined, { token: null });
    expect([health.status, health.body]).toEqual([200, { status: 'ok' }]);
    const ready = await host.call('GET', '/_/readyz', undefined, { token: null });
    expect([ready.status, ready.body]).toEqual([200, { status: 'ready' }]);
  });

  it.each([
    { state: 'starting', pid: undefined } as const,
    { state: 'draining', pid: 77, since: 1 } as const,
    { state: 'restarting', attempt: 1 } as const,
    { state: 'stopped' } as const,
  ])('GET /_/readyz answers 503 while the worker is %j', async (worker) => {
    const host = await startHost();
    host.supervision = { ...host.supervision, worker };
    const reply = await host.call('GET', '/_/readyz', undefined, { token: null });
    expect([reply.status, reply.body]).toEqual([503, { status: worker.state }]);
    expect((await host.call('GET', '/_/healthz')).status).toBe(200);
  });
});

describe('GET /metrics', () => {
  it('answers what the worker counts, in the text format of Prometheus', async () => {
    const host = await startHost();
    const reply = await host.call('GET', '/metrics');
    expect(reply.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    const lines = reply.text.split('\n');
    for (const line of [
      'hearth_info{version="1.2.3"} 1',
      'hearth_worker_up 1',
      '# TYPE hearth_requests_total counter',
      'hearth_requests_total 11',
      'hearth_request_errors_total 2',
      'hearth_quarantined_functions 0',
      '# TYPE hearth_requests_active gauge',
      'hearth_requests_active 21',
      'hearth_requests_queued 22',
      '# TYPE hearth_refused_total counter',
      'hearth_refused_total 23',
      'hearth_timeouts_total 24',
      'hearth_stopped_total 25',
      '# TYPE hearth_buffered_bytes gauge',
      'hearth_buffered_bytes 26',
      'hearth_connections_open 3',
      'hearth_connections_total 14',
      'hearth_messages_received_total 15',
      'hearth_messages_sent_total 16',
      'hearth_log_lines_dropped_total 7',
      'hearth_memory_bytes{process="worker",kind="rss"} 104',
      'hearth_event_loop_delay_seconds{stat="p99"} 0.012',
    ]) {
      expect(lines).toContain(line);
    }
    expect(lines.at(-1)).toBe('');
    for (const line of lines.slice(0, -1))
      expect(line).toMatch(/^(?:# (?:HELP|TYPE) hearth_\w+ .+|hearth_\w+(?:\{[^}]+\})? -?\d+(?:\.\d+)?(?:e-?\d+)?)$/);
  });

  it('leaves out what is not known', async () => {
    const host = await startHost();
    const quarantined = [stuckFunction];
    host.supervision = { ...host.supervision, worker: { state: 'stopped' }, standby: 'none', restarts: 3, quarantined, metrics: undefined };
    const { text } = await host.call('GET', '/metrics');
    expect(text).toContain('hearth_worker_up 0\n');
    expect(text).toContain('hearth_worker_restarts_total 3\n');
    expect(text).toContain('hearth_quarantined_functions 1\n');
    expect(text).not.toMatch(/undefined|NaN|hearth_requests_total|hearth_buffered_bytes|process="worker"/);
  });
});

describe('GET /', () => {
  it('names the API without a token, and nothing else', async () => {
    const host = await startHost();
    expect((await host.call('GET', '/', undefined, { token: null })).body).toEqual({ name: 'hearth', api: '/v1/openapi.json' });
  });
});
