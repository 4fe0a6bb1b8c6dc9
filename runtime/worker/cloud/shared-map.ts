import type { Calls } from '../../kernel/calls/calls.ts';

/** `cloud.shared`: what a publish that is refused has changed in it is undone, unless somebody has changed it since. */
export class SharedMap extends Map<string, unknown> {
  readonly #calls: Pick<Calls, 'current'>;

  constructor(calls: Pick<Calls, 'current'>) {
    super();
    this.#calls = calls;
  }

  override set(key: string, value: unknown): this {
    this.#remember(key, value);
    return super.set(key, value);
  }

  override delete(key: string): boolean {
    if (this.has(key)) this.#remember(key, undefined);
    return super.delete(key);
  }

  override clear(): void {
    for (const key of this.keys()) this.#remember(key, undefined);
    super.clear();
  }

  #remember(key: string, next: unknown): void {
    const lifetime = this.#calls.current?.lifetime;
    if (!lifetime?.isStaged) return;
    const existed = this.has(key);
    const former = this.get(key);
    lifetime.undoes(() => {
      if (this.get(key) !== next) return;
      if (existed) super.set(key, former);
      else super.delete(key);
    });
  }
}
