import { once } from 'node:events';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { vi } from 'vitest';
import { WebSocket } from 'ws';

/** Functions that bystanders use; `__websocket__` also hands messages that begin with `fault ` to the function named after it. */
export const bystanderFunctions: Readonly<Record<string, string>> = {
  fine: "export default () => 'fine';",
  __websocket__: [
    "import cloud from '@lafjs/cloud';",
    'export function upgrade(ctx: any) {',
    '  if (ctx.query.hang !== undefined) return new Promise(() => {});',
    '  if (ctx.query.loop !== undefined) for (;;) {}',
    '}',
    'export default function (ctx: any) {',
    "  if (ctx.method !== 'WebSocket:message') return;",
    '  const text = ctx.params.data.toString();',
    "  if (text.startsWith('fault ')) return cloud.invoke(text.slice(6), ctx);",
    '  ctx.socket.send(text);',
    '}',
  ].join('\n'),
};

/** How many there are of each kind. */
export const crowd = { keepAlive: 3, fresh: 3, sockets: 20 } as const;

/** What bystanders noticed of a fault. */
export interface Noticed {
  /** Requests answered. */
  readonly answered: number;
  /** Connections refused, of requests and sockets. */
  readonly refused: number;
  /** Requests whose connection ended before the response was there. */
  readonly reset: number;
  /** Responses that were not the right one. */
  readonly wrong: readonly string[];
  /** Sockets that were closed, with their close codes. */
  readonly lost: readonly number[];
  /** Milliseconds between asking and being answered, at most; a socket that was lost asks again on another one. */
  readonly longestWait: number;
}

/** Clients that do nothing wrong: each asks, waits for the answer, rests for a moment and asks again. */
export class Bystanders implements AsyncDisposable {
  readonly #port: number;
  readonly #clients: Promise<void>[];
  readonly #turns: number[] = [];
  readonly #lost: number[] = [];
  #refused = 0;
  #reset = 0;
  readonly #wrong: string[] = [];
  #longestWait = 0;
  #stopping = false;

  private constructor(port: number) {
    this.#port = port;
    const repeat = (count: number, client: () => Promise<void>): Promise<void>[] => Array.from({ length: count }, client);
    this.#clients = [
      ...repeat(crowd.keepAlive, () => this.#request(true)),
      ...repeat(crowd.fresh, () => this.#request(false)),
      ...repeat(crowd.sockets, () => this.#echo()),
    ];
  }

  /** Resolves when everybody has been answered once; what that took does not count. */
  static async start(port: number): Promise<Bystanders> {
    const bystanders = new Bystanders(port);
    await bystanders.everybodyAnswered().catch(async (error: unknown) => {
      await bystanders.stop();
      throw error;
    });
    bystanders.#longestWait = 0;
    return bystanders;
  }

  /** Resolves when everybody has asked and been answered once more. */
  async everybodyAnswered(): Promise<void> {
    const goal = this.#turns.map((turns) => turns + 2);
    await vi.waitUntil(() => this.#clients.every((_, index) => (this.#turns[index] ?? 0) >= (goal[index] ?? 2)), {
      timeout: 25_000,
      interval: 5,
    });
  }

  /** Lets everybody finish; answers what they have noticed. */
  async stop(): Promise<Noticed> {
    this.#stopping = true;
    await Promise.all(this.#clients);
    return {
      answered: this.#turns.slice(0, crowd.keepAlive + crowd.fresh).reduce((sum, turns) => sum + turns, 0),
      refused: this.#refused,
      reset: this.#reset,
      wrong: this.#wrong,
      lost: this.#lost,
      longestWait: this.#longestWait,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #request(keepAlive: boolean): Promise<void> {
    const agent = new http.Agent({ keepAlive, maxSockets: 1 });
    const turn = this.#turns.push(0) - 1;
    while (!this.#stopping) {
      const askedAt = performance.now();
      try {
        const answer = await ask(this.#port, agent);
        if (answer === '200 fine') this.#answered(turn, askedAt);
        else this.#wrong.push(answer);
      } catch (error) {
        this.#failed(error);
      }
      await sleep(5);
    }
    agent.destroy();
  }

  async #echo(): Promise<void> {
    const turn = this.#turns.push(0) - 1;
    let askedAt: number | undefined;
    while (!this.#stopping) {
      const socket = new WebSocket(`ws://127.0.0.1:${this.#port}/bystander`);
      let code = 0;
      const closed = new Promise<void>((resolve) => {
        socket.on('close', (closeCode: number) => {
          code = closeCode;
          resolve();
        });
      });
      socket.on('error', (error) => this.#failed(error, false));
      // That it was refused or lost while it opened is counted above.
      const opened = await once(socket, 'open').then(
        () => true,
        () => false,
      );
      if (opened) askedAt = await this.#echoOn(socket, turn, askedAt);
      // The closing handshake may have only begun.
      if (opened && socket.readyState !== WebSocket.OPEN) await closed;
      if (code !== 0) this.#lost.push(code);
      if (!this.#stopping) await sleep(25);
      socket.terminate();
    }
  }

  /** Goes on until the socket is lost, and answers when the message was sent that is still without an answer. */
  async #echoOn(socket: WebSocket, turn: number, unanswered: number | undefined): Promise<number | undefined> {
    for (let askedAt = unanswered ?? performance.now(); ; askedAt = performance.now()) {
      if (!(await echoes(socket, String(askedAt)))) return askedAt;
      this.#answered(turn, askedAt);
      if (this.#stopping) return undefined;
      await sleep(25);
    }
  }

  #answered(turn: number, askedAt: number): void {
    this.#turns[turn] = (this.#turns[turn] ?? 0) + 1;
    this.#longestWait = Math.max(this.#longestWait, performance.now() - askedAt);
  }

  #failed(error: unknown, isRequest = true): void {
    if (error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED') this.#refused++;
    else if (isRequest) this.#reset++;
  }
}

function ask(port: number, agent: http.Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = http.get({ host: '127.0.0.1', port, path: '/fine', agent, timeout: 30_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.once('end', () => resolve(`${response.statusCode} ${text}`));
      response.once('error', reject);
    });
    request.once('timeout', () => request.destroy(new Error('no answer')));
    request.once('error', reject);
  });
}

/** Whether the message came back; false when the socket ended before. */
function echoes(socket: WebSocket, message: string): Promise<boolean> {
  return new Promise((resolve) => {
    if (socket.readyState !== WebSocket.OPEN) return resolve(false);
    const settle = (answer: boolean): void => {
      socket.off('message', take);
      socket.off('close', end);
      resolve(answer);
    };
    const take = (data: WebSocket.RawData): void => settle(Buffer.isBuffer(data) && data.toString() === message);
    const end = (): void => settle(false);
    socket.on('message', take);
    socket.on('close', end);
    socket.send(message);
  });
}
