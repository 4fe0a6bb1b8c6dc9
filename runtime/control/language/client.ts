import { pathToFileURL } from 'node:url';
import type { Compiler } from './compiler.ts';
import { answerOf, toInitialize, toMessage } from './messages.ts';
import { LanguageProcess } from './server-process.ts';

/** Asks a language server of its own. */
export class LanguageClient {
  readonly #process: LanguageProcess;
  readonly #waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  #ids = 0;
  #ended = false;

  constructor(compiler: Compiler, dir: string) {
    this.#process = new LanguageProcess({
      compiler,
      dir,
      onMessage: (message) => this.#take(message),
      onEnd: () => this.#end(),
    });
  }

  /** Begins with the folder of a tsconfig.json as the root. */
  async initialize(root: string): Promise<void> {
    await this.request('initialize', toInitialize({}, pathToFileURL(root).href));
    this.notify('initialized', {});
  }

  /** Resolves with the result; rejects with the server's error, or when the server ends. */
  request(method: string, params: object): Promise<unknown> {
    if (this.#ended) return Promise.reject(new Error('The language server has ended.'));
    const id = ++this.#ids;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#process.send({ jsonrpc: '2.0', id, method, params });
    });
  }

  notify(method: string, params: object): void {
    this.#process.send({ jsonrpc: '2.0', method, params });
  }

  /** Ends the server; resolves when it has ended. */
  close(): Promise<void> {
    this.#process.kill();
    return this.#process.ended;
  }

  #take(value: unknown): void {
    const message = toMessage(value);
    const answer = message && answerOf(message);
    if (answer) this.#process.send(answer);
    if (message?.method !== undefined) return;
    const waiting = this.#waiting.get(Number(message?.id));
    this.#waiting.delete(Number(message?.id));
    if (message?.error === undefined) waiting?.resolve(message?.result);
    else waiting?.reject(new Error(String(Reflect.get(Object(message.error), 'message'))));
  }

  #end(): void {
    this.#ended = true;
    for (const { reject } of this.#waiting.values()) reject(new Error('The language server has ended.'));
    this.#waiting.clear();
  }
}
