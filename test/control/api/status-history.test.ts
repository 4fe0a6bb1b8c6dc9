import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createStatusHistory, type StatusHistory } from '../../../runtime/control/api/status-history.ts';
import type { WorkerState } from '../../../runtime/control/app/workers/worker-state.ts';
import type { SupervisorStatus } from '../../../runtime/control/app/workers/supervisor.ts';
import type { WorkerMetrics } from '../../../runtime/kernel/protocol/metrics.ts';
import { workerMetrics } from './fakes.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
});

afterEach(() => {
  vi.useRealTimers();
});

class Place {
  status: SupervisorStatus = {
    worker: { state: 'serving', pid: 1, since: 0 },
    standby: 'ready',
    restarts: 0,
    lastCrash: undefined,
    quarantined: [],
    metrics: workerMetrics,
  };
  readonly history: StatusHistory;

  constructor(samples = 10) {
    this.history = createStatusHistory({ status: () => this.status }, { interval: 2000, samples });
    onTestFinished(() => this.history.close());
  }

  /** Takes the next sample with the worker as given. */
  take(worker: WorkerState, metrics?: Partial<WorkerMetrics>): void {
    this.status = { ...this.status, worker, metrics: metrics && { ...workerMetrics, ...metrics } };
    vi.advanceTimersByTime(2000);
  }

  requests(): number[] {
    return this.history.samples().map(({ requests }) => requests);
  }
}

const serving = (pid: number): WorkerState => ({ state: 'serving', pid, since: 0 });

describe('createStatusHistory()', () => {
  it('takes a sample each interval, with what the worker has told', () => {
    const { history } = new Place();
    expect([history.intervalMs, history.samples()]).toEqual([2000, []]);
    vi.advanceTimersByTime(4000);
    const [first, second] = history.samples();
    expect(first).toEqual({
      time: expect.any(Number),
      state: 'serving',
      restarts: 0,
      rssControl: expect.any(Number),
      rssWorker: 104,
      heapWorker: 101,
      loopMean: 1.5,
      loopP99: 12,
      loopMax: 30,
      connections: 3,
      requests: 11,
      requestErrors: 2,
      messagesReceived: 15,
      messagesSent: 16,
      logLinesDropped: 7,
    });
    expect(second).toMatchObject({ time: (first?.time ?? 0) + 2000, requests: 0, messagesSent: 0, connections: 3 });
  });

  it('answers the differences, and begins anew with another worker', () => {
    const place = new Place();
    place.take(serving(1), { requests: 100 });
    place.take(serving(1), { requests: 150 });
    place.take(serving(2), { requests: 200 });
    place.take(serving(2), { requests: 210 });
    expect(place.requests()).toEqual([100, 50, 200, 10]);
  });

  it('answers no negative difference, and nothing twice, while a worker is replaced', () => {
    const place = new Place();
    place.take(serving(1), { requests: 100 });
    place.take({ state: 'restarting', attempt: 1 });
    place.take({ state: 'starting', pid: 2 });
    place.take(serving(2), { requests: 5 });
    place.take({ state: 'stopped' }, { requests: 6 });
    expect(place.requests()).toEqual([100, 0, 0, 5, 1]);
    const told = { rssWorker: null, heapWorker: null, loopMean: null, loopP99: null, loopMax: null, connections: null };
    expect(place.history.samples()[1]).toMatchObject({ state: 'restarting', ...told });
  });

  it('keeps the newest samples, and answers those after a time', () => {
    const { history } = new Place(3);
    vi.advanceTimersByTime(10_000);
    const samples = history.samples();
    expect(samples).toHaveLength(3);
    expect(history.samples(samples[0]?.time)).toEqual(samples.slice(1));
    expect(history.samples(0)).toEqual(samples);
    expect(history.samples(Date.now())).toEqual([]);
  });

  it('takes none after close()', () => {
    const { history } = new Place();
    history.close();
    vi.advanceTimersByTime(10_000);
    expect(history.samples()).toEqual([]);
  });
});
