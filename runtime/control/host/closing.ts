/** Closes what was opened, last first, when a start fails half way and at the end. */
export class Closing {
  readonly #steps: (() => unknown)[] = [];
  /** Takes a step at the end, before those that were added earlier. Answers the step, to be moved. */
  add(step: () => unknown): () => unknown {
    this.#steps.push(step);
    return step;
  }
  /** Has a step run before all that were added so far. */
  move(step: () => unknown): void {
    this.#steps.push(...this.#steps.splice(this.#steps.indexOf(step), 1));
  }
  /** Takes the steps; each is taken once. */
  async run(): Promise<void> {
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) await step();
  }
}
