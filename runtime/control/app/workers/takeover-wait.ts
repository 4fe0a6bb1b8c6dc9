/** Those who wait for a worker to serve. */
export class TakeoverWait {
  readonly #waiting = new Set<() => void>();

  /** Resolves at `wake()`, and after `timeout` milliseconds. */
  wait(timeout: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeout);
      this.#waiting.add(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  wake(): void {
    for (const waiter of this.#waiting) waiter();
    this.#waiting.clear();
  }
}
