import { setImmediate as nextTurn } from 'node:timers/promises';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LogRecord } from '../../../runtime/kernel/ports/logger.ts';
import { FunctionModule } from '../../../runtime/kernel/functions/module.ts';
import { createLoader } from '../../../runtime/worker/functions/loader.ts';
import { Disposals } from '../../../runtime/worker/functions/disposals.ts';
import { ProcessEvents } from '../../../runtime/worker/functions/process-events.ts';
import { SourcePositions } from '../../../runtime/worker/functions/source-positions.ts';
import { type SendLogs, WorkerLogs } from '../../../runtime/worker/process/worker-logs.ts';
import { createBuilder } from '../../../runtime/build/builder.ts';
import { Pulse } from '../../../runtime/worker/watchdog/pulse.ts';
import { createCalls, FakeCall } from '../calls.ts';
import { namedPackages } from '../functions/host.ts';
import { defaultLimits } from '../../limits.ts';

const calls = createCalls();
const module = new FunctionModule({ name: 'a', revision: 4, methods: undefined, code: '', map: '' });
const invocation = new FakeCall('a', 4, { requestId: 'r1', connectionId: 'c1' });

let positions: SourcePositions;
let batches: (readonly LogRecord[])[];
let done: (() => void)[];

beforeEach(() => {
  // The budget is earned with time; time stands still unless a test moves it.
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now: 1_700_000_000_000 });
  positions = new SourcePositions('/packages');
  batches = [];
  done = [];
});

afterEach(() => {
  vi.useRealTimers();
});

function createLogs(linesPerSecond = 1_000): WorkerLogs {
  const send: SendLogs = (records, next) => {
    batches.push(records);
    done.push(next);
  };
  return new WorkerLogs({ current: () => calls.current, positions, linesPerSecond, send });
}

/** The channel takes the next batch. */
async function flush(): Promise<readonly LogRecord[]> {
  for (const next of done.splice(0)) next();
  await nextTurn();
  return batches.splice(0).flat();
}

const messages = (records: readonly LogRecord[]): string[] => records.map(({ message }) => message);

describe('batches', () => {
  it('hold what came in one turn, in order, and the next waits for the channel', async () => {
    const logs = createLogs();
    logs.log('info', 'one');
    logs.log('error', 'two', { function: 'a' });
    expect(batches).toEqual([]);
    await nextTurn();
    logs.log('info', 'three');
    await nextTurn();
    expect(batches).toEqual([
      [
        { time: 1_700_000_000_000, level: 'info', message: 'one' },
        { time: 1_700_000_000_000, level: 'error', message: 'two', function: 'a' },
      ],
    ]);
    batches = [];
    expect(messages(await flush())).toEqual(['three']);
    expect(await flush()).toEqual([]);
  });
});

describe('limits', () => {
  it('lines beyond those of a second are dropped, counted and said', async () => {
    const logs = createLogs(3);
    for (let n = 1; n <= 10; n += 1) logs.log('info', `line ${n}`);
    const records = await flush();
    expect(messages(records)).toEqual(['line 1', 'line 2', 'line 3', expect.stringMatching(/^7 log lines were dropped.* 3 a second/)]);
    expect(records.at(-1)?.level).toBe('warn');
    expect(logs.droppedTotal).toBe(7);
    expect(await flush()).toEqual([]);
  });

  it('a drop is said when nothing else is to be passed on', async () => {
    const logs = createLogs(1);
    logs.log('info', 'one');
    await flush();
    logs.log('info', 'two');
    expect(messages(await flush())).toEqual([expect.stringMatching(/^1 log lines were dropped/)]);
  });

  it('lines are earned again with time, at most those of one second', async () => {
    const logs = createLogs(4);
    const admitted = (): number => Array.from({ length: 10 }, () => logs.admits()).filter(Boolean).length;
    expect(admitted()).toBe(4);
    vi.advanceTimersByTime(500);
    expect(admitted()).toBe(2);
    vi.advanceTimersByTime(60_000);
    expect(admitted()).toBe(4);
    expect(logs.droppedTotal).toBe(20);
  });

  it('a clock that is set back stops no line', () => {
    const logs = createLogs(2);
    logs.log('info', 'one');
    logs.log('info', 'two');
    vi.advanceTimersByTime(1_000);
    vi.setSystemTime(1_600_000_000_000);
    expect(logs.admits()).toBe(true);
  });

  it('lines that wait for a channel that takes none are bounded', async () => {
    const logs = createLogs(1_000_000);
    logs.log('info', 'in the first batch');
    await nextTurn();
    for (let n = 0; n < 6_000; n += 1) logs.log('info', 'waiting');
    expect(logs.droppedTotal).toBe(1_000);
    batches = [];
    const records = await flush();
    expect([records.length, records.at(-1)?.message]).toEqual([5_001, expect.stringMatching(/^1000 log lines/)]);
    expect(logs.admits()).toBe(true);
  });
});

describe('write()', () => {
  it('says function, revision, request and connection', async () => {
    const logs = createLogs();
    logs.write(module, 'info', 'outside');
    calls.within(invocation, () => logs.write(module, 'warn', 'inside'), undefined);
    const [outside, inside] = await flush();
    expect(outside).toEqual({ time: 1_700_000_000_000, level: 'info', message: 'outside', function: 'a', revision: 4 });
    expect(inside).toMatchObject({ function: 'a', revision: 4, requestId: 'r1', connectionId: 'c1' });
  });

  it('names the module that writes, in the invocation of another', async () => {
    const logs = createLogs();
    const lib = new FunctionModule({ ...module.built, name: 'lib', revision: 9 });
    calls.within(invocation, () => logs.write(lib, 'info', 'from lib'), undefined);
    expect(await flush()).toEqual([expect.objectContaining({ function: 'lib', revision: 9, requestId: 'r1' })]);
  });

  it('names the line that called the console, whatever the code does to Error', async () => {
    const logs = createLogs();
    const builder = createBuilder();
    const source = `// one\nError.stackTraceLimit = 0;\nError.prepareStackTrace = () => 'mine';\n\n  console.log('here', new Error().stack);\n`;
    const { compiled } = await builder.build({ name: 'a', source });
    await builder.close();
    const { stackTraceLimit } = Error;
    const prepare: unknown = Reflect.get(Error, 'prepareStackTrace');
    const instantiate = createLoader({
      calls,
      positions,
      pulse: new Pulse(calls, defaultLimits),
      console: logs,
      processEvents: new ProcessEvents({ calls, failed: () => {} }),
      disposals: new Disposals({ calls, failed: () => {} }),
      packages: namedPackages(),
      sdk: {},
    });
    const speaking = new FunctionModule({ ...module.built, ...compiled });
    try {
      speaking.load(instantiate, {
        isStaged: false,
        importFunction: () => undefined,
        evaluating: () => undefined,
        evaluated: () => undefined,
        evaluationFailed: () => undefined,
      });
      expect([Error.stackTraceLimit, new Error('x').stack]).toEqual([0, 'mine']);
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
      Reflect.set(Error, 'prepareStackTrace', prepare);
    }
    expect(await flush()).toEqual([expect.objectContaining({ message: 'here mine', line: 5, column: 11 })]);
  });
});

describe('tap()', () => {
  it('collects the records of its request alone, which go the usual way as well', async () => {
    const logs = createLogs();
    const other = new FakeCall('a', 4, { requestId: 'r2' });
    logs.tap('r1');
    calls.within(invocation, () => logs.write(module, 'info', 'mine'), undefined);
    calls.within(other, () => logs.write(module, 'info', 'other'), undefined);
    logs.log('info', 'host');
    logs.failed(new Error('mine too'), invocation);
    expect(messages(logs.untap('r1'))).toEqual(['mine', 'Error: mine too']);
    expect(logs.untap('r1')).toEqual([]);
    calls.within(invocation, () => logs.write(module, 'info', 'late'), undefined);
    expect(logs.untap('r1')).toEqual([]);
    expect(messages(await flush())).toEqual(['mine', 'other', 'host', 'Error: mine too', 'late']);
  });
});

describe('failed()', () => {
  it('says what was thrown, by whom, with its stack', async () => {
    const logs = createLogs();
    logs.failed(new TypeError('no'), invocation, 'unhandled rejection: ');
    const [record] = await flush();
    expect(record).toMatchObject({
      level: 'error',
      message: 'unhandled rejection: TypeError: no',
      function: 'a',
      revision: 4,
      requestId: 'r1',
    });
    expect(record?.stack).toMatch(/^TypeError: no\n/);
    expect(record?.stack).not.toContain('node:');
  });

  it('shows causes and properties in the stack', async () => {
    const logs = createLogs();
    logs.failed(Object.assign(new Error('outer', { cause: new Error('inner') }), { code: 'E_MINE' }), undefined);
    const [record] = await flush();
    expect(record?.stack).toContain('[cause]: Error: inner');
    expect(record?.stack).toContain('E_MINE');
    expect(record?.function).toBeUndefined();
  });

  it.each<[unknown, string]>([
    ['text', "thrown: 'text'"],
    [undefined, 'thrown: undefined'],
    [{ a: 1 }, 'thrown: { a: 1 }'],
    [Symbol('x'), 'thrown: Symbol(x)'],
  ])('says %j as what was thrown', async (thrown, message) => {
    const logs = createLogs();
    logs.failed(thrown, undefined);
    expect(messages(await flush())).toEqual([message]);
  });

  const fail = (): never => {
    throw new Error('hostile');
  };
  it.each<[string, unknown]>([
    ['inspect.custom', { [inspect.custom]: fail, toString: fail }],
    ['a message getter', Object.defineProperty(new Error('x'), 'message', { get: fail })],
    ['a name getter', Object.defineProperty(new Error('x'), 'name', { get: fail })],
    ['a stack getter', Object.defineProperty(new Error('x'), 'stack', { get: fail })],
    ['a stack that is no text', Object.assign(new Error('x'), { stack: { toString: fail } })],
    ['a message that cannot be shown', Object.assign(new Error('x'), { message: { toString: fail } })],
    ['a name that is a symbol', Object.assign(new Error('x'), { name: Symbol('x') })],
    ['a proxy', new Proxy({}, { get: fail, getPrototypeOf: fail, ownKeys: fail })],
    ['an object without a prototype', Object.create(null)],
  ])('logs one line and throws nothing for %s', async (_, thrown) => {
    const logs = createLogs();
    expect(() => logs.failed(thrown, invocation)).not.toThrow();
    const records = await flush();
    expect(records).toHaveLength(1);
    expect([typeof records[0]?.message, typeof records[0]?.stack]).toEqual(['string', 'string']);
  });

  it('bounds the text of what was thrown', async () => {
    const logs = createLogs();
    logs.failed(new Error('x'.repeat(1_000_000)), undefined);
    logs.failed('x'.repeat(1_000_000), undefined);
    for (const { message, stack = '' } of await flush()) expect(Math.max(message.length, stack.length)).toBeLessThan(17_000);
  });

  it('counts as a line of its second', async () => {
    const logs = createLogs(1);
    logs.failed(new Error('one'), undefined);
    logs.failed(new Error('two'), undefined);
    expect(logs.droppedTotal).toBe(1);
  });
});
