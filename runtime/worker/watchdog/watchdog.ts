import { performance } from 'node:perf_hooks';
import type { FunctionMark, WatchdogReport } from '../../kernel/protocol/watchdog-report.ts';
import { StallClock } from './stall-clock.ts';
import { MainThreadInspector, type ReadStack } from './inspector.ts';
import { MemoryWatch } from './memory-watch.ts';
import { createDescriptorReader, createRssReader } from './resources.ts';
import type { UnsentLines } from './unsent-lines.ts';
import { signal, slot, type WatchdogNotice } from './shared-flags.ts';

/** Milliseconds between two looks, also while memory is running short. */
export const lookInterval = 25;
const shortInterval = 5;

/** Milliseconds between two beats of a healthy event loop: code may have begun just after one. */
const beatInterval = 50;

/** Milliseconds after which a standstill is worth knowing about. */
const noticeable = 75;

/** Looks between two counts of file descriptors, and the part of their limit at which they are reported. */
const descriptorLooks = 80;
const descriptorPart = 0.9;

type Limits = Extract<WatchdogNotice, { type: 'limits' }>;

/** What of the worker's own thread is watched; as in `WatchdogStart`. */
export interface WatchdogParts {
  readonly shared: Int32Array;
  readonly unsent: UnsentLines;
  readonly inspectable: boolean;
  /** Makes the worker's own thread collect its garbage. */
  collect(): void;
}

/** Watches the worker's own thread: stops what can be stopped through its guards, and reports what cannot. */
export class Watchdog {
  readonly #parts: WatchdogParts;
  readonly #report: (report: WatchdogReport) => void;
  readonly #clock = new StallClock();
  readonly #marks = new Map<number, FunctionMark>();
  readonly #readDescriptors = createDescriptorReader();
  readonly #readRss = createRssReader();
  #inspector: MainThreadInspector | undefined;
  #limits: Limits | undefined;
  #asked = false;
  #memory: MemoryWatch | undefined;
  #descriptorsReported = false;
  #ending = false;
  #looks = 0;
  /** Whether memory is running short. */
  #short = false;

  constructor(parts: WatchdogParts, report: (report: WatchdogReport) => void) {
    this.#parts = parts;
    this.#report = report;
  }

  take(notice: WatchdogNotice): void {
    if (notice.type === 'limits') this.#limit(notice);
    else if (notice.type === 'mark') this.#marks.set(notice.id, notice.mark);
    else if (notice.type === 'unmark') this.#marks.delete(notice.id);
    else this.#report({ type: 'running', mark: notice.mark });
  }

  /** Looks once; returns in how many milliseconds to look again. */
  look(): number {
    const limits = this.#limits;
    if (!limits || this.#ending) return lookInterval;
    const now = performance.now();
    const stalled = this.#clock.look(Atomics.load(this.#parts.shared, slot.beat), now);
    this.#lookAtLoop(limits, stalled);
    this.#lookAtMemory(stalled, now);
    this.#looks += 1;
    if (this.#looks % descriptorLooks === 0) this.#lookAtDescriptors();
    return this.#short ? shortInterval : lookInterval;
  }

  #limit(limits: Limits): void {
    this.#limits = limits;
    this.#memory = new MemoryWatch(limits.memory * 1024 ** 2);
  }

  #lookAtLoop({ cpuTime, stuckTime }: Limits, stalled: number): void {
    if (stalled < noticeable) {
      this.#asked = false;
      return;
    }
    if (!this.#asked) this.#askWho();
    if (cpuTime > 0 && stalled >= cpuTime + beatInterval) this.#raise(signal.cpu);
    if (stalled >= stuckTime) void this.#reportStuck(stalled);
  }

  /** Whose code runs is told by the mark, or by the code itself at its next guard. */
  #askWho(): void {
    this.#asked = true;
    const mark = this.#running();
    if (mark) this.#report({ type: 'running', mark });
    else Atomics.compareExchange(this.#parts.shared, slot.signal, signal.none, signal.tell);
  }

  #lookAtMemory(stalled: number, now: number): void {
    const rss = this.#readRss();
    const advice = this.#memory?.look({ rss, stalled: stalled >= noticeable, now });
    if (!advice) return;
    this.#short = advice.sample;
    if (advice.sample) this.#inspect().startSampling();
    if (advice.stop) this.#raise(signal.memory);
    if (advice.collect) this.#parts.collect();
    if (advice.report) void this.#reportMemory(advice.report, rss, stalled);
  }

  #lookAtDescriptors(): void {
    const descriptors = this.#descriptorsReported ? undefined : this.#readDescriptors();
    if (!descriptors || descriptors.open < descriptors.limit * descriptorPart) return;
    this.#descriptorsReported = true;
    this.#report({ type: 'descriptors', ...descriptors });
  }

  async #reportStuck(blockedMs: number): Promise<void> {
    this.#ending = true;
    const running = this.#running();
    const stack = await this.#inspect().stop();
    const mark = running ?? this.#importing(stack);
    this.#report({ type: 'stuck', blockedMs: Math.round(blockedMs), lines: this.#parts.unsent.read(), ...(mark && { mark }), ...stack });
  }

  async #reportMemory(level: 'soft' | 'hard', rss: number, stalled: number): Promise<void> {
    this.#ending = level === 'hard';
    const running = this.#running();
    // A stopped thread cannot be asked about its heap any more.
    const suspects = await this.#inspect().suspects();
    const stack: ReadStack = level === 'hard' ? await this.#inspect().stop({ isUrgent: true }) : { frames: [] };
    const mark = running ?? this.#importing(stack);
    // Between two beats a healthy loop is seen to stand still for a moment.
    const blockedMs = stalled < noticeable ? 0 : Math.round(stalled);
    const lines = level === 'hard' ? this.#parts.unsent.read() : [];
    this.#report({ type: 'memory', level, rss, blockedMs, suspects, lines, ...(mark && { mark }), ...stack });
  }

  #running(): FunctionMark | undefined {
    return this.#marks.get(Atomics.load(this.#parts.shared, slot.running));
  }

  /** Whose import runs, if this is the stack of a package that no function has called. */
  #importing({ frames, where }: ReadStack): FunctionMark | undefined {
    if (frames.length > 0 || where === undefined) return undefined;
    return this.#marks.get(Atomics.load(this.#parts.shared, slot.importing));
  }

  #raise(asked: number): void {
    Atomics.store(this.#parts.shared, slot.signal, asked);
  }

  #inspect(): MainThreadInspector {
    return (this.#inspector ??= new MainThreadInspector(this.#parts.inspectable));
  }
}
