import { Worker as Thread } from 'node:worker_threads';
import { HearthError } from '../../../kernel/errors.ts';

/** What the thread is sent. */
export interface XmlJob {
  readonly text: string;
  readonly depth: number;
}

/** What the thread answers: what it made of the text, in JSON, or why it could not. */
export type XmlAnswer = { readonly json: Uint8Array } | { readonly tooDeep: true } | { readonly reason: string };

/** Milliseconds that one text may take, and that the thread is kept for the next. */
const longest = 30_000;
const idle = 10_000;

/** Parses XML in a thread of its own: a text of some megabytes takes seconds, whatever is in it. */
export class XmlParser {
  #thread: Thread | undefined;
  #idle: NodeJS.Timeout | undefined;

  /** Resolves to what xml2js makes of the text, in JSON. One at a time. */
  async parse(job: XmlJob): Promise<Buffer> {
    clearTimeout(this.#idle);
    const thread = (this.#thread ??= this.#start());
    const answer = await ask(thread, job);
    if (answer === undefined) {
      this.#thread = undefined;
      void thread.terminate();
      throw new HearthError('BODY_INVALID', { reason: 'it takes too long to parse.' });
    }
    this.#idle = setTimeout(() => this.#end(), idle).unref();
    if ('json' in answer) return Buffer.from(answer.json.buffer, answer.json.byteOffset, answer.json.byteLength);
    throw 'tooDeep' in answer ? new HearthError('BODY_TOO_DEEP', { limit: job.depth }) : new TypeError(answer.reason);
  }

  #start(): Thread {
    // It holds one text at a time, and what is made of it.
    const thread = new Thread(new URL('./xml-thread.js', import.meta.url), {
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: 512 },
    });
    thread.unref();
    return thread;
  }

  #end(): void {
    void this.#thread?.terminate();
    this.#thread = undefined;
  }
}

/** The thread's answer; undefined when it gives none. */
async function ask(thread: Thread, job: XmlJob): Promise<XmlAnswer | undefined> {
  return new Promise((resolve) => {
    const finish = (answer?: XmlAnswer): void => {
      clearTimeout(late);
      for (const event of ['message', 'error', 'exit']) thread.removeAllListeners(event);
      thread.on('error', () => {});
      resolve(answer);
    };
    const late = setTimeout(() => finish(), longest);
    thread.removeAllListeners('error');
    thread.once('message', finish);
    thread.once('error', () => finish());
    thread.once('exit', () => finish());
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has none
    thread.postMessage(job);
  });
}
