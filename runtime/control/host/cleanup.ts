/** Closes what was opened when a start fails half-way, and at the end. Steps run last in, first out. */
export class Cleanup {
  readonly #steps: (() => unknown)[] = [];

  /** Adds a step and returns it, for `move()`. */
  add(step: () => unknown): () => unknown {
    this.#steps.push(step);
    return step;
  }

  /** Makes a step run before all that were added so far. */
  move(step: () => unknown): void {
    this.#steps.push(...this.#steps.splice(this.#steps.indexOf(step), 1));
  }

  /** Runs each step once. */
  async run(): Promise<void> {
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) await step();
  }
}
