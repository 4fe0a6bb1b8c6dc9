import { AsyncLocalStorage } from 'node:async_hooks';
import type { HttpResponse } from './response.ts';

// Many enough to share the cost of waking the clients, and few enough that the first does not wait long.
const most = 32;

interface Letter {
  readonly response: HttpResponse;
  readonly content: string | Buffer | undefined;
}

/**
 * Sends the bodies of finished responses together, at the end of the turn of the event loop in which they were
 * made. Each write may wake whoever waits for it, a client or a proxy on the same machine, which costs the
 * sender as much as making the response; those that follow at once find it awake.
 */
export class Outbox {
  #letters: Letter[] = [];
  /** Runs what belongs to no invocation. */
  readonly #outside = AsyncLocalStorage.snapshot();
  readonly #flush = (): void => this.flush();
  readonly #schedule = (): unknown => setImmediate(this.#flush);

  /** Ends a response whose head is made; to the function it has ended when this returns. */
  end(response: HttpResponse, content: string | Buffer | undefined): void {
    if (isHeard(response)) {
      response.end(content);
      return;
    }
    // What Node itself says of a response that takes no more; `end()` would do nothing.
    response.finished = true;
    const count = this.#letters.push({ response, content });
    if (count === 1) this.#outside(this.#schedule);
    else if (count === most) this.flush();
  }

  /** Sends what waits. */
  flush(): void {
    const letters = this.#letters;
    this.#letters = [];
    for (const { response, content } of letters) {
      response.finished = false;
      response.end(content);
    }
  }
}

/** Whether somebody hears of the end, who is to hear it within the invocation; or whether it is not the response's turn yet. */
function isHeard(response: HttpResponse): boolean {
  return response.socket === null || response.listenerCount('finish') > 1 || response.listenerCount('close') > 0;
}
