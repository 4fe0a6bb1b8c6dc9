import { performance } from 'node:perf_hooks';
import type { LogFields } from '../../../kernel/ports/logger.ts';
import type { App } from '../../process/app.ts';

const intervalMs = 1000;

/** Warnings about what may happen with every request: of each subject at most one a second is logged. */
export class Notices {
  readonly #app: Pick<App, 'log'>;
  /** When each subject was last spoken of, oldest first. */
  readonly #said = new Map<string, number>();

  constructor(app: Pick<App, 'log'>) {
    this.#app = app;
  }

  warn(subject: string, message: string, fields: LogFields): void {
    const now = performance.now();
    const said = this.#said.get(subject);
    if (said !== undefined && now - said < intervalMs) return;
    for (const [old, at] of this.#said) {
      if (now - at < intervalMs) break;
      this.#said.delete(old);
    }
    this.#said.set(subject, now);
    this.#app.log('warn', message, fields);
  }
}
