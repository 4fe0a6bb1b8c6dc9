import { useLanguageState } from '../state/language.ts';
import { clientCapabilities, type LspMethod, type LspResults, preferences } from './protocol.ts';

/** What a connection calls. */
export interface ConnectionOptions {
  /** Told after each new beginning, before any request that waits: a new server knows no documents. */
  readonly onReady: (capabilities: LspResults['initialize']['capabilities']) => void;
  /** Told what the server notifies of, or asks without waiting for an answer that says something. */
  readonly onNotice: (method: string) => void;
}

interface Waiting {
  readonly message: string;
  // The caller knows the type of its response; here all are alike.
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
  retried: boolean;
}

interface Incoming {
  readonly id?: number | string;
  readonly method?: string;
  readonly result: never;
  readonly error?: { readonly message?: string };
}

/** The close codes of the host: see `closing` in runtime/control/language/language-session.ts. */
const codes = { restarted: 1012, tooLarge: 1009, idle: 4408, unavailable: 4501 } as const;
const slowest = 5_000;

/**
 * The language server of this page. A server that ends is replaced without the user noticing: what was asked
 * is asked again of the next one. One that was idle comes back when something is said.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #waiting = new Map<number, Waiting>();
  #socket: WebSocket | undefined;
  #ready = false;
  #given = false;
  #ids = 0;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    // A host that was away may be back at once.
    addEventListener('online', () => this.#timer !== undefined && this.#connect());
  }

  /** Asks; rejects with an `Error` when the server says no or cannot be had. */
  request<M extends LspMethod>(method: M, params: object): { readonly result: Promise<LspResults[M]>; cancel(): void } {
    const id = ++this.#ids;
    const message = JSON.stringify({ jsonrpc: '2.0', id, method, params });
    const result = new Promise<LspResults[M]>((resolve, reject) => {
      if (this.#given) return reject(new Error('No language server is available.'));
      this.#waiting.set(id, { message, resolve, reject, retried: false });
      if (this.#ready) this.#send(message);
      else this.#begin();
    });
    return { result, cancel: () => this.#cancel(id) };
  }

  /** Tells the server; only what a new server would learn from the start may be told while there is none. */
  notify(method: string, params: object): void {
    if (this.#ready) this.#send(JSON.stringify({ jsonrpc: '2.0', method, params }));
    else this.#begin();
  }

  #begin(): void {
    if (this.#socket === undefined && this.#timer === undefined && !this.#given) this.#connect();
  }

  #connect(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#socket) return;
    useLanguageState.setState({ state: this.#failures === 0 ? 'starting' : 'reconnecting' });
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/_/language`);
    this.#socket = socket;
    socket.addEventListener('open', () => this.#send(JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params: initialize })));
    socket.addEventListener('message', ({ data }) => typeof data === 'string' && this.#take(JSON.parse(data)));
    socket.addEventListener('close', ({ code }) => this.#closed(code));
  }

  #closed(code: number): void {
    this.#socket = undefined;
    this.#ready = false;
    if (code === codes.unavailable) {
      this.#given = true;
      this.#rejectAll();
      return useLanguageState.setState({ state: 'unavailable' });
    }
    // Asked twice of a server that ended twice: it may be what it ends of.
    for (const [id, waiting] of this.#waiting) {
      if (waiting.retried) this.#settle(id)?.reject(new Error('The language server ended.'));
    }
    if (code === codes.idle || code === codes.tooLarge) {
      this.#rejectAll();
      return useLanguageState.setState({ state: 'off' });
    }
    useLanguageState.setState({ state: 'reconnecting' });
    const wait = code === codes.restarted && this.#failures === 0 ? 0 : Math.min(200 * 2 ** this.#failures, slowest);
    this.#failures++;
    this.#timer = setTimeout(() => this.#connect(), wait);
  }

  #take(message: Incoming): void {
    const { id, method, result, error } = message;
    if (method !== undefined) {
      if (id !== undefined) this.#send(JSON.stringify({ jsonrpc: '2.0', id, result: null }));
      this.#options.onNotice(method);
    } else if (id === 0) {
      this.#initialized(result);
    } else {
      const waiting = this.#settle(Number(id));
      if (error) waiting?.reject(new Error(error.message ?? 'The language server refused the request.'));
      else waiting?.resolve(result);
    }
  }

  #initialized({ capabilities }: LspResults['initialize']): void {
    this.#ready = true;
    this.#failures = 0;
    this.#send(JSON.stringify({ jsonrpc: '2.0', method: 'initialized', params: {} }));
    this.#send(JSON.stringify({ jsonrpc: '2.0', method: 'workspace/didChangeConfiguration', params: { settings: preferences } }));
    this.#options.onReady(capabilities);
    for (const waiting of this.#waiting.values()) {
      waiting.retried = true;
      this.#send(waiting.message);
    }
    useLanguageState.setState({ state: 'ready' });
  }

  #cancel(id: number): void {
    const waiting = this.#settle(id);
    waiting?.reject(new Error('The request was cancelled.'));
    if (waiting && this.#ready) this.#send(JSON.stringify({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id } }));
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #rejectAll(): void {
    for (const id of this.#waiting.keys()) this.#settle(id)?.reject(new Error('No language server is available.'));
  }

  #send(message: string): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(message);
  }
}

const initialize = {
  processId: null,
  clientInfo: { name: 'Hearth console' },
  rootUri: 'file:///app',
  capabilities: clientCapabilities,
  initializationOptions: {},
};
