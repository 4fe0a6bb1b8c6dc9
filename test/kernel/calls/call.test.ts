import { describe, expect, it, vi } from 'vitest';
import { Call } from '../../../runtime/kernel/calls/call.ts';
import type { CallBounds } from '../../../runtime/kernel/calls/bounds.ts';
import { Concurrency } from '../../../runtime/kernel/calls/concurrency.ts';
import { Deadlines } from '../../../runtime/kernel/calls/deadlines.ts';
import type { Failure } from '../../../runtime/kernel/calls/failures.ts';
import { HearthError } from '../../../runtime/kernel/errors.ts';
import { FunctionModule } from '../../../runtime/kernel/functions/module.ts';
import { createCalls } from '../../worker/calls.ts';

const module = new FunctionModule({ name: 'f', revision: 2, methods: undefined, code: '', map: '' });

/** A call that notes what becomes of it. */
class NotedCall extends Call {
  readonly steps: unknown[] = [];
  readonly #code: (call: NotedCall) => unknown;

  constructor(bounds: CallBounds, code: (call: NotedCall) => unknown) {
    super(bounds, module, { requestId: 'r1' });
    this.#code = code;
  }

  protected override invoke(): unknown {
    return this.#code(this);
  }

  protected override settled(result: unknown): void {
    this.steps.push(['settled', result]);
    this.end();
  }

  protected override failed({ kind, error }: Failure): void {
    this.steps.push(['failed', kind, error?.code]);
    this.end();
  }

  protected override expired(error: HearthError): void {
    this.steps.push(['expired', error.code]);
  }
}

function setUp(code: (call: NotedCall) => unknown, { timeout = 10_000, concurrency = 1, queuedCalls = 1 } = {}) {
  const lines: string[] = [];
  const thrown: unknown[] = [];
  const counters = { requestsActive: 0, requestsQueued: 0, refused: 0, timeouts: 0 };
  const calls = createCalls({ counters, log: (_level, message) => lines.push(message), logThrown: (error) => thrown.push(error) });
  const bounds = { calls, deadlines: new Deadlines(timeout), concurrency: new Concurrency({ concurrency, queuedCalls }, counters) };
  return { calls, counters, lines, thrown, create: () => new NotedCall(bounds, code) };
}

describe('begin()', () => {
  it('deals at once with what a handler returns at once', () => {
    const { create, calls, counters } = setUp((call) => [calls.current === call, call.state]);
    const call = create();
    call.begin();
    expect([call.steps, call.state, calls.current]).toEqual([[['settled', [true, 'running']]], 'ended', undefined]);
    expect(counters.requestsActive).toBe(0);
  });

  it('counts a pending call until it has settled, asking a thenable once', async () => {
    let asked = 0;
    const { create, counters } = setUp(() => ({
      // oxlint-disable-next-line unicorn/no-thenable -- a query that runs when it is asked
      then: (resolve: (value: string) => void) => {
        asked += 1;
        setImmediate(() => resolve('rows'));
      },
    }));
    const call = create();
    call.begin();
    expect([call.state, counters.requestsActive]).toEqual(['running', 1]);
    await vi.waitFor(() => expect(call.steps).toEqual([['settled', 'rows']]));
    expect([asked, counters.requestsActive]).toEqual([1, 0]);
  });

  it('reports what the handler throws or rejects with, and says what a reply may', async () => {
    const own = new HearthError('BODY_INVALID', { reason: 'x.' });
    for (const error of [new Error('mine'), own]) {
      const { create, thrown } = setUp(() => Promise.reject(error));
      const call = create();
      call.begin();
      await vi.waitFor(() => expect(call.steps).toEqual([['failed', 'thrown', error === own ? 'BODY_INVALID' : undefined]]));
      expect(thrown).toEqual([error]);
    }
  });

  it('warns of a disabled function at most once a second', () => {
    const { create, lines, thrown } = setUp(() => {
      throw new HearthError('FUNCTION_QUARANTINED', { name: 'f', reason: 'it hung.' });
    });
    for (const call of [create(), create()]) {
      call.begin();
      expect(call.steps).toEqual([['failed', 'disabled', 'FUNCTION_QUARANTINED']]);
    }
    expect([lines.length, thrown]).toEqual([1, []]);
  });

  it('waits for its turn behind as many calls as may run, and is refused behind as many as may wait', async () => {
    const gates: (() => void)[] = [];
    const { create, counters, lines } = setUp(() => new Promise<void>((resolve) => gates.push(resolve)));
    const [first, second, third] = [create(), create(), create()];
    for (const call of [first, second, third]) call.begin();
    expect([first.state, second.state, third.steps]).toEqual(['running', 'waiting', [['failed', 'stopped', 'FUNCTION_BUSY']]]);
    expect([counters.refused, lines.length]).toEqual([1, 1]);
    gates[0]?.();
    await vi.waitFor(() => expect(second.state).toBe('running'));
    gates[1]?.();
    await vi.waitFor(() => expect(second.state).toBe('ended'));
    expect(counters).toMatchObject({ requestsActive: 0, requestsQueued: 0 });
  });
});

describe('expire()', () => {
  it('ends the wait for a call whose time is over, once, and its late outcome ends the call', async () => {
    let fail = (): void => {};
    const { create, counters, lines, thrown } = setUp(
      () =>
        new Promise<void>((_resolve, reject) => {
          fail = () => reject(new Error('late'));
        }),
      { timeout: 20 },
    );
    const call = create();
    call.begin();
    const { signal } = call;
    await vi.waitFor(() => expect(call.steps).toEqual([['expired', 'FUNCTION_TIMEOUT']]));
    expect([call.state, counters.timeouts, counters.requestsActive, lines.length]).toEqual(['expired', 1, 0, 1]);
    expect(signal).toMatchObject({ aborted: true, reason: { code: 'FUNCTION_TIMEOUT' } });
    fail();
    await vi.waitFor(() => expect(call.state).toBe('ended'));
    expect([call.steps.length, thrown]).toEqual([1, [expect.objectContaining({ message: 'late' })]]);
  });

  it('a call that stops because its signal told it to has not failed', async () => {
    const { create, thrown } = setUp(
      ({ signal }) =>
        new Promise<void>((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason instanceof Error ? signal.reason : new TypeError('no reason')));
        }),
      { timeout: 20 },
    );
    const call = create();
    call.begin();
    await vi.waitFor(() => expect(call.state).toBe('ended'));
    expect(thrown).toEqual([]);
  });
});

describe('signal', () => {
  it('is aborted from the start when it is first asked for after abort()', () => {
    const { create } = setUp(() => new Promise(() => {}));
    const call = create();
    call.begin();
    call.abort('gone');
    expect(call.signal).toMatchObject({ aborted: true, reason: 'gone' });
  });

  it('runs its listeners inside the call, as code of its function', () => {
    const { create, calls } = setUp(() => new Promise(() => {}));
    module.mark = calls.attribution.mark('f', 2);
    const call = create();
    call.begin();
    const seen: unknown[] = [];
    call.signal.addEventListener('abort', () => seen.push(calls.current === call, calls.attribution.current === module.mark));
    call.abort(undefined);
    expect([seen, calls.attribution.current]).toEqual([[true, true], 0]);
  });
});

describe('end()', () => {
  it('runs the callbacks of onEnd() once, in order, and later ones at once', () => {
    const { create } = setUp(() => new Promise(() => {}));
    const call = create();
    call.begin();
    const seen: unknown[] = [];
    call.onEnd(() => seen.push('first', call.ended));
    call.onEnd(() => seen.push('second'));
    call.end();
    call.end();
    call.onEnd(() => seen.push('late'));
    expect(seen).toEqual(['first', true, 'second', 'late']);
  });
});
