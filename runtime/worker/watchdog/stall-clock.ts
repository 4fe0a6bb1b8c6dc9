/** Milliseconds that one look may count for, however long ago the last one was: a machine may sleep. */
const longestLook = 100;

/** Measures how long the event loop has been blocked, by looking at its beat again and again. */
export class StallClock {
  #beat: number | undefined;
  #lookedAt = 0;
  #stalled = 0;

  /** Milliseconds for which the beat has been the same; `now` never goes back. */
  look(beat: number, now: number): number {
    this.#stalled = beat === this.#beat ? this.#stalled + Math.min(now - this.#lookedAt, longestLook) : 0;
    this.#beat = beat;
    this.#lookedAt = now;
    return this.#stalled;
  }
}
