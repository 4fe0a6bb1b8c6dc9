import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { WatchdogReport } from '../../../runtime/kernel/protocol/watchdog-report.ts';
import { signal, slot } from '../../../runtime/worker/watchdog/shared-flags.ts';
import { UnsentLines } from '../../../runtime/worker/watchdog/unsent-lines.ts';
import { lookInterval, Watchdog } from '../../../runtime/worker/watchdog/watchdog.ts';
import { createChildren } from '../functions/child.ts';
import { type Beside, createBeside } from './beside.ts';

const mark = { function: 'lib/x', revision: 3 };

describe('Watchdog', () => {
  let flags: Int32Array;
  let unsent: UnsentLines;
  let reports: WatchdogReport[];
  let watchdog: Watchdog;
  let now: number;
  let collected: number;

  beforeEach(() => {
    now = 5000;
    collected = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    flags = new Int32Array(new SharedArrayBuffer(4 * Object.keys(slot).length));
    reports = [];
    unsent = new UnsentLines();
    watchdog = new Watchdog(
      { shared: flags, unsent: new UnsentLines(unsent.shared), inspectable: true, collect: () => (collected += 1) },
      (report) => reports.push(report),
    );
    watchdog.take({ type: 'mark', id: 4, mark });
  });

  afterEach(() => {
    vi.restoreAllMocks();
  });

  /** `memory` is a part of what this process has at this moment, which is then so much of the limit. */
  function limit({ cpuTime = 1000, stuckTime = 3000, memory = 0.1 } = {}): void {
    watchdog.take({ type: 'limits', cpuTime, stuckTime, memory: process.memoryUsage.rss() / 1024 ** 2 / memory });
  }

  /** Looks for as long as given; the event loop stands still from the first look on. */
  function standStill(milliseconds: number): void {
    for (const end = now + milliseconds; now < end;) {
      now += lookInterval;
      watchdog.look();
    }
  }

  /** Looks for as long as given, with a beat before each look. */
  function turn(milliseconds: number): void {
    for (const end = now + milliseconds; now < end;) {
      now += lookInterval;
      Atomics.add(flags, slot.beat, 1);
      watchdog.look();
    }
  }

  /** The signal that is raised; lowers it. */
  function raised(): number {
    return Atomics.exchange(flags, slot.signal, signal.none);
  }

  it('does nothing before it has its limits', () => {
    standStill(60_000);
    expect([reports, raised()]).toEqual([[], signal.none]);
  });

  it('leaves an event loop alone that turns', () => {
    limit();
    turn(60_000);
    expect([reports, raised()]).toEqual([[], signal.none]);
  });

  it('asks once per standstill whose code runs', () => {
    limit();
    turn(25);
    standStill(50);
    expect(raised()).toBe(signal.none);
    standStill(25);
    expect(raised()).toBe(signal.tell);
    standStill(500);
    expect(raised()).toBe(signal.none);
    turn(25);
    standStill(75);
    expect([raised(), reports]).toEqual([signal.tell, []]);
  });

  it('reports whose code runs by its mark, without asking', () => {
    limit();
    turn(25);
    flags[slot.running] = 4;
    standStill(500);
    expect([reports, raised()]).toEqual([[{ type: 'running', mark }], signal.none]);
  });

  it('asks when the mark that runs is forgotten', () => {
    limit();
    watchdog.take({ type: 'unmark', id: 4 });
    turn(25);
    flags[slot.running] = 4;
    standStill(75);
    expect([reports, raised()]).toEqual([[], signal.tell]);
  });

  it('passes on what code has said of itself', () => {
    watchdog.take({ type: 'running', mark });
    expect(reports).toEqual([{ type: 'running', mark }]);
  });

  it('raises cpu when a standstill exceeds the limit by what may have passed since the last beat', () => {
    limit();
    turn(25);
    standStill(1025);
    expect(raised()).toBe(signal.tell);
    standStill(25);
    expect(raised()).toBe(signal.cpu);
    // Whoever runs next and lowers nothing is asked again.
    standStill(25);
    expect(raised()).toBe(signal.cpu);
    turn(25);
    expect(raised()).toBe(signal.none);
  });

  it('never raises cpu when there is no limit', () => {
    limit({ cpuTime: 0 });
    turn(25);
    standStill(2975);
    expect(raised()).toBe(signal.tell);
  });

  it('reports a loop that is stuck with the mark, once, and looks no more', async () => {
    limit();
    turn(25);
    flags[slot.running] = 4;
    unsent.add('last words');
    standStill(3000);
    raised();
    standStill(60_000);
    await expect.poll(() => reports).toHaveLength(2);
    // This process is not inspected from a thread beside it: there is no stack.
    expect(reports[1]).toEqual({ type: 'stuck', blockedMs: 3000, mark, lines: ['last words'], frames: [] });
    expect(raised()).toBe(signal.none);
  });

  it('does not take the sleep of the machine for a loop that is stuck', async () => {
    limit();
    turn(25);
    now += 3_600_000;
    watchdog.look();
    turn(25);
    await nextTurn();
    expect(reports).toEqual([]);
  });

  it('reports memory as short once it has been for five seconds, once', async () => {
    unsent.add('sent later');
    limit({ memory: 0.9 });
    turn(4900);
    limit();
    turn(25);
    limit({ memory: 0.9 });
    turn(4900);
    await nextTurn();
    expect(reports).toEqual([]);
    turn(20_000);
    await expect.poll(() => reports).toHaveLength(1);
    const nobody = { suspects: [], lines: [], frames: [] };
    expect(reports[0]).toEqual({ type: 'memory', level: 'soft', rss: expect.any(Number), blockedMs: 0, ...nobody });
  });

  it('raises memory when it is short and the loop stands still, and not while that turns', () => {
    limit({ memory: 0.9 });
    turn(100);
    expect(raised()).toBe(signal.none);
    // It stands still for the collector first, which was asked for.
    expect(collected).toBe(1);
    standStill(1400);
    expect(raised()).not.toBe(signal.memory);
    standStill(200);
    expect(raised()).toBe(signal.memory);
  });

  it('raises memory while the loop turns when much of it is taken between two looks', () => {
    limit({ memory: 0.85 });
    turn(25);
    const filled = Buffer.alloc(process.memoryUsage.rss() / 8, 1);
    turn(25);
    expect([filled.at(-1), raised()]).toEqual([1, signal.memory]);
  });

  it('reports memory that is used up at once, once, with who runs', async () => {
    limit({ memory: 1.5 });
    unsent.add('last words');
    flags[slot.running] = 4;
    turn(1000);
    await expect.poll(() => reports).toHaveLength(1);
    expect(reports[0]).toMatchObject({
      type: 'memory',
      level: 'hard',
      blockedMs: 0,
      mark,
      suspects: [],
      lines: ['last words'],
      frames: [],
    });
  });
});

let threads: Beside;

beforeAll(async () => {
  threads = await createBeside();
});

afterAll(() => threads.close());

it('a watchdog thread and a pulse stop a guarded loop, and report what no guard reaches', async () => {
  const reports = await threads.run(
    `
      const notify = (notice) => thread.postMessage(notice);
      const attribution = new Attribution(new Int32Array(shared.buffer, 4 * slot.running, 1), notify);
      const pulse = new Pulse({ attribution, current: undefined }, { cpuTime: 100, memory: 4096 }, shared, notify);
      const guard = pulse.guardOf({ function: 'lib/x', revision: 3 });
      attribution.enter(attribution.mark('lib/x', 3));
      const loop = compile('for (;;) guard();', ['guard']);
      try { loop(guard); } catch (error) { thread.postMessage({ type: 'running', mark: { function: error.code, revision: 0 } }); }
      setTimeout(compile("/^(a+)+\\\\\\\\1$/.test('a'.repeat(80) + 'b');"));
      pulse.beat();
    `,
    `
      const reports = [];
      const watchdog = new Watchdog({ shared, unsent: new UnsentLines(), inspectable: true, collect: () => {} }, (report) => { reports.push(report); if (report.type === 'stuck') answer(reports); });
      watchdog.take({ type: 'limits', cpuTime: 100, stuckTime: 1000, memory: 4096 });
      parentPort.on('message', (notice) => watchdog.take(notice));
      parentPort.postMessage('ready');
      setInterval(() => watchdog.look(), lookInterval);
    `,
  );
  expect(reports).toEqual(
    expect.arrayContaining([
      { type: 'running', mark },
      { type: 'running', mark: { function: 'CPU_LIMIT_EXCEEDED', revision: 0 } },
      { type: 'stuck', blockedMs: expect.any(Number), mark, lines: [], frames: [{ ...mark, line: 1, column: expect.any(Number) }] },
    ]),
  );
});

it.runIf(process.platform === 'linux')('reports once that nearly all file descriptors are open, and not before', async () => {
  const children = await createChildren();
  const { messages, stderr } = await children.run(`
    import { execFileSync } from 'node:child_process';
    import { openSync } from 'node:fs';
    import { UnsentLines } from 'runtime/worker/watchdog/unsent-lines.ts';
    import { Watchdog } from 'runtime/worker/watchdog/watchdog.ts';
    if (process.argv[2] === 'inside') {
      const reports = [];
      const shared = new Int32Array(new SharedArrayBuffer(16));
      const watchdog = new Watchdog({ shared, unsent: new UnsentLines(), inspectable: true, collect: () => {} }, (report) => reports.push(report));
      watchdog.take({ type: 'limits', cpuTime: 0, stuckTime: 1e9, memory: 1e6 });
      const look = () => { for (let n = 0; n < 200; n += 1) { Atomics.add(shared, 1, 1); watchdog.look(); } return reports.length; };
      const before = look();
      for (let open = 0; open < 184; open = openSync('/dev/null')) ;
      look();
      process.stdout.write(JSON.stringify({ before, reports }));
    } else {
      const script = 'ulimit -n 200 && exec "$0" "$1" inside';
      process.send(JSON.parse(execFileSync('sh', ['-c', script, process.execPath, process.argv[1]], { encoding: 'utf8' })));
      process.disconnect();
    }
  `);
  await children.close();
  expect(stderr).toBe('');
  expect(messages).toEqual([{ before: 0, reports: [{ type: 'descriptors', open: expect.any(Number), limit: 200 }] }]);
});
