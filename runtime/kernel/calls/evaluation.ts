import type { CurrentCall, Evaluated } from './current-call.ts';
import type { Lifetime } from './lifetime.ts';

/**
 * Stands for the evaluation of a module: what its top level starts, now and by its own timers, lives as long as
 * the module, even where a call has led to it. Log lines carry the ids of that call.
 */
export class Evaluation implements CurrentCall {
  readonly lifetime: Lifetime;
  readonly requestId: string | undefined;
  readonly connectionId: string | undefined;
  readonly #module: Evaluated;

  constructor(module: Evaluated, outer: CurrentCall | undefined, lifetime: Lifetime) {
    this.lifetime = lifetime;
    this.requestId = outer?.requestId;
    this.connectionId = outer?.connectionId;
    this.#module = module;
  }

  get function(): string {
    return this.#module.name;
  }

  get revision(): number {
    return this.#module.revision;
  }

  get ended(): boolean {
    return this.lifetime.isOver;
  }

  onEnd(callback: () => void): void {
    this.lifetime.hold({ end: callback });
  }
}
