import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { type Language, type LanguageOptions, createLanguage } from '../../../runtime/control/language/language.ts';
import { toRecord } from '../../../runtime/control/language/messages.ts';

/** A place in a text, as the Language Server Protocol counts. */
interface Position {
  readonly line: number;
  readonly character: number;
}

/** What an editor is closed with. */
export interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** A language service with a server for sockets; `files` are written below its data folder. */
export class LanguageHost {
  readonly language: Language;
  readonly dir: string;
  readonly logs: string[];
  readonly #port: number;

  private constructor(language: Language, place: { dir: string; logs: string[]; port: number }) {
    this.language = language;
    this.dir = place.dir;
    this.logs = place.logs;
    this.#port = place.port;
  }

  /** Starts one that ends with the test. */
  static async start(
    functions: Record<string, string>,
    options: Partial<LanguageOptions> = {},
    files: Record<string, string> = {},
  ): Promise<LanguageHost> {
    const dir = await mkdtemp(join(tmpdir(), 'hearth language-'));
    for (const [file, text] of Object.entries(files)) {
      await mkdir(dirname(join(dir, file)), { recursive: true });
      await writeFile(join(dir, file), text);
    }
    const logs: string[] = [];
    const language = createLanguage({
      dir: join(dir, 'workspace'),
      sdk: fileURLToPath(new URL('../../../sdk/', import.meta.url)),
      packagesDir: join(dir, 'packages'),
      functions: Object.entries(functions).map(([name, source]) => ({ name, source })),
      log: (_, message) => logs.push(message),
      ...options,
    });
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const sockets = new WebSocketServer({ server });
    sockets.on('connection', (socket) => language.connect(socket));
    const address = server.address();
    onTestFinished(async () => {
      await language.close();
      sockets.clients.forEach((socket) => socket.terminate());
      server.close();
      await rm(dir, { recursive: true, force: true });
    });
    return new this(language, { dir, logs, port: typeof address === 'object' && address ? address.port : 0 });
  }

  /** An editor that has not said anything. */
  async connect(): Promise<Editor> {
    const socket = new WebSocket(`ws://127.0.0.1:${this.#port}`);
    const editor = new Editor(socket);
    await once(socket, 'open');
    return editor;
  }

  /** An editor that is ready to ask. */
  async edit(): Promise<Editor> {
    const editor = await this.connect();
    const capabilities = { textDocument: { hover: { contentFormat: ['markdown'] }, diagnostic: {} } };
    await editor.ask('initialize', { processId: null, rootUri: null, capabilities });
    editor.tell('initialized', {});
    return editor;
  }
}

/** What a browser's editor does, as far as the tests need it. */
export class Editor {
  /** Every message, as it came. */
  readonly received: string[] = [];
  readonly closed: Promise<Closed>;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<unknown, (message: Readonly<Record<string, unknown>>) => void>();
  readonly #texts = new Map<string, string>();
  #listeners: { readonly method: string; readonly heard: () => void }[] = [];
  #ids = 0;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() })));
    socket.on('message', (data: Buffer) => this.#take(data.toString()));
    onTestFinished(() => socket.terminate());
  }

  /** Goes away without a word. */
  leave(): void {
    this.#socket.terminate();
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  tell(method: string, params: object): void {
    this.send(JSON.stringify({ jsonrpc: '2.0', method, params }));
  }

  /** Resolves with the whole answer. */
  ask(method: string, params: object): Promise<Readonly<Record<string, unknown>>> {
    const id = ++this.#ids;
    const answered = new Promise<Readonly<Record<string, unknown>>>((resolve) => this.#waiting.set(id, resolve));
    this.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    return answered;
  }

  /** Resolves at the next request or notification of this method. */
  heard(method: string): Promise<void> {
    return new Promise((heard) => this.#listeners.push({ method, heard }));
  }

  open(name: string, text: string): void {
    this.#texts.set(name, text);
    this.tell('textDocument/didOpen', { textDocument: { uri: uriOf(name), languageId: 'typescript', version: 1, text } });
  }

  /** The messages of a function's errors. */
  async errors(name: string): Promise<readonly unknown[]> {
    const { result } = await this.ask('textDocument/diagnostic', { textDocument: { uri: uriOf(name) } });
    return listOf(result, 'items').flatMap(({ severity, message }) => (severity === 1 ? [message] : []));
  }

  /** Asks about the place after the first `mark` in a function. */
  async at(method: string, name: string, mark: string): Promise<unknown> {
    const position = placeAfter(this.#texts.get(name) ?? '', mark);
    const { result } = await this.ask(`textDocument/${method}`, { textDocument: { uri: uriOf(name) }, position });
    return result;
  }

  /** The completions after the first `mark` in a function. */
  async complete(name: string, mark: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    return listOf(await this.at('completion', name, mark), 'items');
  }

  #take(text: string): void {
    this.received.push(text);
    const message = toRecord(JSON.parse(text));
    const { id, method } = message;
    if (method === undefined) this.#waiting.get(id)?.(message);
    const heard = this.#listeners.filter((listener) => listener.method === method);
    this.#listeners = this.#listeners.filter((listener) => listener.method !== method);
    for (const listener of heard) listener.heard();
    if (method !== undefined && id !== undefined) this.send(JSON.stringify({ jsonrpc: '2.0', id, result: null }));
  }
}

/** The URI of a function. */
export function uriOf(name: string): string {
  return `file:///app/functions/${name}.ts`;
}

/** The objects of a list that is a member of an answer. */
export function listOf(value: unknown, key: string): readonly Readonly<Record<string, unknown>>[] {
  const list = toRecord(value)[key];
  return Array.isArray(list) ? list.map(toRecord) : [];
}

function placeAfter(text: string, mark: string): Position {
  const before = text.slice(0, text.indexOf(mark) + mark.length).split('\n');
  return { line: before.length - 1, character: before.at(-1)?.length ?? 0 };
}
