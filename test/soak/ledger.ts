/** A revision that the host has acknowledged. */
interface Entry {
  readonly revision: number;
  readonly marker: string;
}

/** What the host has acknowledged of one function. */
class Line {
  readonly history: Entry[] = [];
  /** What it is to answer; undefined when it is deleted. */
  live: string | undefined;
}

/** All publishes that were acknowledged. */
export class Ledger {
  readonly #lines = new Map<string, Line>();

  get names(): readonly string[] {
    return [...this.#lines.keys()];
  }

  /** The marker of what is live; undefined when nothing is. */
  live(name: string): string | undefined {
    return this.#lines.get(name)?.live;
  }

  history(name: string): readonly Entry[] {
    return this.#lines.get(name)?.history ?? [];
  }

  /** The newest revision, 0 if there was none. */
  newest(name: string): number {
    return this.history(name).at(-1)?.revision ?? 0;
  }

  published(name: string, revision: number, marker: string): void {
    const line = this.#lines.get(name) ?? new Line();
    this.#lines.set(name, line);
    line.history.push({ revision, marker });
    line.live = marker;
  }

  deleted(name: string): void {
    const line = this.#lines.get(name);
    if (line) line.live = undefined;
  }
}
