import { pathToFileURL } from 'node:url';
import type { RawData, WebSocket } from 'ws';
import type { Compiler } from './compiler.ts';
import { withoutImplicitAny } from './check-diagnostics.ts';
import { type Message, answerOf, isAllowed, isForBrowsers, refusal, toInitialize, toMessage } from './messages.ts';
import { LanguageProcess } from './server-process.ts';
import type { Uris } from './uris.ts';
import type { FileEvent } from './workspace.ts';

/** Why a connection to the language server is closed; the codes are part of what the console relies on. */
export const closing = {
  /** RFC 6455: what follows is a message that is too large. */
  tooLarge: { code: 1009, reason: 'the message is too large' },
  /** RFC 6455: the client comes back at once. */
  restarted: { code: 1012, reason: 'language server restarted' },
  /** The client comes back when it has something to say. */
  idle: { code: 4408, reason: 'language server idle: reconnect when you need it' },
  /** Coming back is of no use. */
  unavailable: { code: 4501, reason: 'this host has no TypeScript for its platform' },
} as const;

/** What a session stands on. */
export interface SessionOptions {
  readonly socket: WebSocket;
  readonly compiler: Compiler;
  readonly uris: Uris;
  /** The app's folder, and one for the process itself. */
  readonly app: string;
  readonly dir: string;
  /** Bytes of one message from the browser. */
  readonly messageLimit: number;
  /** Milliseconds without a message after which it ends. */
  readonly idleTime: number;
  readonly onEnd: () => void;
}

/** Bytes that may wait for a browser before its language server is not read any more. */
const unreadLimit = 4 * 1024 * 1024;

/** A browser tab with a language server of its own. */
export class Session {
  readonly #options: SessionOptions;
  readonly #process: LanguageProcess;
  readonly #idle: NodeJS.Timeout;
  #usedAt = performance.now();
  #unread = 0;
  #ending = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    const { socket, compiler, dir, idleTime } = options;
    this.#process = new LanguageProcess({
      compiler,
      dir,
      onMessage: (message) => this.#fromServer(toMessage(message)),
      onEnd: () => this.#end(),
    });
    this.#idle = setTimeout(() => this.close('idle'), idleTime);
    this.#idle.unref();
    socket.on('message', (data, isBinary) => this.#fromBrowser(data, isBinary));
    // The close that follows an error is what counts.
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.#ending = true;
      this.#process.kill();
    });
  }

  /** When the browser last said something, on the clock of `performance.now()`. */
  get usedAt(): number {
    return this.#usedAt;
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Whether it is about to end: its process may be there for a moment. */
  get ending(): boolean {
    return this.#ending;
  }

  /** Resolves when the process has ended. */
  get ended(): Promise<void> {
    return this.#process.ended;
  }

  /** Tells the language server which files have changed. */
  filesChanged(changes: readonly FileEvent[]): void {
    this.#process.send({ jsonrpc: '2.0', method: 'workspace/didChangeWatchedFiles', params: { changes } });
  }

  /** Closes the connection and ends the process. */
  close(why: keyof typeof closing): void {
    this.#ending = true;
    const { code, reason } = closing[why];
    this.#options.socket.close(code, reason);
    this.#process.kill();
  }

  #end(): void {
    clearTimeout(this.#idle);
    // One that waits for the process to read would not hear that it is closed.
    this.#options.socket.resume();
    // Without effect when the connection is what ended first.
    this.#options.socket.close(closing.restarted.code, closing.restarted.reason);
    this.#options.onEnd();
  }

  #fromBrowser(data: RawData, isBinary: boolean): void {
    this.#usedAt = performance.now();
    this.#idle.refresh();
    const text = Array.isArray(data) ? Buffer.concat(data).toString() : Buffer.from(new Uint8Array(data)).toString();
    if (text.length > this.#options.messageLimit) return this.close('tooLarge');
    const message = isBinary ? undefined : parse(text);
    if (!message) return;
    try {
      this.#pass(message);
    } catch (error) {
      // JSON.parse() takes any depth; to go through it recurses.
      if (!(error instanceof RangeError)) throw error;
      this.close('tooLarge');
    }
  }

  #pass(message: Message): void {
    const refused = this.#refuse(message);
    if (refused === undefined) this.#forward(message);
    else if (message.id !== undefined && message.method !== undefined) this.#toBrowser(refusal(message.id, ...refused));
  }

  /** Why a message is not passed on. */
  #refuse({ method, params }: Message): [-32601 | -32602, string] | undefined {
    if (method === undefined) return undefined;
    if (!isAllowed(method)) return [-32601, `"${method.slice(0, 100)}" is not supported here.`];
    if (method === 'initialize' || this.#options.uris.toInside(params) !== undefined || params === undefined) return undefined;
    return [-32602, 'The message names a file that does not belong to the app.'];
  }

  #forward(message: Message): void {
    const { app, socket, uris } = this.#options;
    const { method, params, result } = message;
    const inside =
      method === 'initialize' ? { params: toInitialize(params, pathToFileURL(app).href) } : { params: uris.toInside(params), result };
    if (this.#process.send({ jsonrpc: '2.0', ...message, ...inside })) return;
    socket.pause();
    this.#process.onceRead(() => socket.resume());
  }

  #fromServer(message: Message | undefined): void {
    if (!message) return;
    const answer = answerOf(message);
    if (answer) this.#process.send(answer);
    else if (message.method === undefined) this.#toBrowser({ jsonrpc: '2.0', ...message, result: withoutImplicitAny(message.result) });
    else if (isForBrowsers(message.method)) this.#toBrowser({ jsonrpc: '2.0', ...message });
  }

  #toBrowser(message: object): void {
    const text = JSON.stringify(this.#options.uris.toOutside(message));
    this.#unread += text.length;
    this.#options.socket.send(text, () => {
      this.#unread -= text.length;
      if (this.#unread <= unreadLimit) this.#process.flow(true);
    });
    if (this.#unread > unreadLimit) this.#process.flow(false);
  }
}

function parse(text: string): Message | undefined {
  try {
    return toMessage(JSON.parse(text));
  } catch {
    return undefined;
  }
}
