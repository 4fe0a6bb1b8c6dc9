/** Parts of the limit: from the first on allocations are sampled, from the second on memory is short, from the third on nothing helps. */
const samplingPart = 0.6;
const softPart = 0.8;
const ruinPart = 1.5;

/** The part of the limit by which memory grows in a millisecond when something goes wrong fast. */
const fastPart = 0.002;

/** Milliseconds for which memory has to be short before that is reported: a peak may pass. */
const softTime = 5_000;

/** Milliseconds that collecting garbage may take, and for which it need not be tried again. */
const collectTime = 1_500;
const collectPause = 10_000;

export interface MemoryLook {
  readonly rss: number;
  readonly stalled: boolean;
  readonly now: number;
}

export interface MemoryAdvice {
  readonly sample: boolean;
  /** Stop the code that runs now. */
  readonly stop: boolean;
  readonly collect: boolean;
  readonly report: 'soft' | 'hard' | undefined;
}

const nothing: MemoryAdvice = { sample: false, stop: false, collect: false, report: undefined };

/** Decides when memory is short, and when a worker is to end for it: not for garbage that nobody has collected yet. */
export class MemoryWatch {
  readonly #limit: number;
  #before = Infinity;
  #lookedAt = 0;
  #shortSince: number | undefined;
  #collectedAt = -Infinity;
  #softReported = false;

  /** `limit` is in bytes of resident memory. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  look({ rss, stalled, now }: MemoryLook): MemoryAdvice {
    const fast = rss - this.#before > this.#limit * fastPart * (now - this.#lookedAt);
    this.#before = rss;
    this.#lookedAt = now;
    const sample = rss >= this.#limit * samplingPart;
    if (rss < this.#limit * softPart) {
      this.#shortSince = undefined;
      return sample ? { ...nothing, sample } : nothing;
    }
    this.#shortSince ??= now;
    // While garbage is collected the loop stands still for that.
    const collecting = now - this.#collectedAt < collectTime;
    const hard = rss >= this.#limit * ruinPart || (rss >= this.#limit && !collecting && (stalled || this.#collectedLately(now)));
    if (hard) return { ...nothing, report: 'hard' };
    const collect = !stalled && !this.#collectedLately(now);
    if (collect) this.#collectedAt = now;
    // What fills memory this fast is the code that runs now.
    return { sample, stop: fast || (stalled && !collecting), collect, report: this.#soft(now) };
  }

  #collectedLately(now: number): boolean {
    return now - this.#collectedAt < collectPause;
  }

  #soft(now: number): 'soft' | undefined {
    if (this.#softReported || this.#shortSince === undefined || now - this.#shortSince < softTime) return undefined;
    this.#softReported = true;
    return 'soft';
  }
}
