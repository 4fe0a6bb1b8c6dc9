import { closeMeaning, retryAfterOf } from './close-codes.ts';
import { FrameLog } from './frame-log.ts';
import type { Payload } from './payload.ts';

/** How a client's socket is. */
export type SocketState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting' }
  | { readonly kind: 'open'; readonly protocol: string }
  | { readonly kind: 'closing' }
  | { readonly kind: 'waiting'; readonly until: number; readonly code: number }
  | { readonly kind: 'closed'; readonly code: number; readonly reason: string }
  | { readonly kind: 'failed'; readonly why: string; readonly isRefused: boolean };

/** Where to connect, asked anew each time. */
export interface Target {
  readonly url: string;
  readonly protocols: readonly string[];
}

// A socket that stayed open this long has recovered: the waits begin anew.
const steadyMs = 5_000;
const longestWait = 30;

/** One client's socket: connects, keeps its frames, and comes back by itself if it is to. */
export class LiveSocket {
  readonly log = new FrameLog();
  #state: SocketState = { kind: 'idle' };
  #socket: WebSocket | undefined;
  #target: (() => Target | undefined) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempts = 0;
  #openedAt = 0;
  #wasOpen = false;
  #reconnects = false;
  readonly #listeners = new Set<() => void>();

  readonly state = (): SocketState => this.#state;

  /** Has `listener` told of another state; answers how to end it. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Whether it is connected, or will be by itself. */
  get isActive(): boolean {
    return this.#socket !== undefined || this.#timer !== undefined;
  }

  /** Says whether it connects again when it was closed by the other side. */
  setReconnects(reconnects: boolean): void {
    this.#reconnects = reconnects;
    if (!reconnects && this.#state.kind === 'waiting') {
      this.#stopWaiting();
      this.#become({ kind: 'closed', code: this.#state.code, reason: '' });
    }
  }

  /** Connects, unless it is connected. `target` answers undefined when there is nothing to connect to. */
  connect(target: () => Target | undefined): void {
    if (this.#socket) return;
    this.#target = target;
    this.#attempts = 0;
    this.#wasOpen = false;
    this.#open();
  }

  /** Closes the socket, and does not come back. */
  disconnect(): void {
    this.#target = undefined;
    if (this.#timer !== undefined) {
      this.#stopWaiting();
      this.#become({ kind: 'idle' });
    }
    if (!this.#socket) return;
    this.#become({ kind: 'closing' });
    this.#socket.close(1000);
  }

  /** Shows why there is no connection; `isRefused` when it was tried. */
  fail(why: string, isRefused = false): void {
    this.log.addNote('bad', why);
    this.#become({ kind: 'failed', why, isRefused });
  }

  /** Connects at once if it waits to. */
  retry(): void {
    if (this.#timer !== undefined) this.#open();
  }

  /** Sends a message; whether the socket was open. */
  send(payload: Payload): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(payload);
    this.log.addMessage('sent', payload);
    return true;
  }

  #open(): void {
    this.#stopWaiting();
    const target = this.#target?.();
    if (!target) return;
    let socket: WebSocket;
    try {
      socket = new WebSocket(target.url, [...target.protocols]);
    } catch (error) {
      this.fail(`The browser refused to open this socket: ${error instanceof Error ? error.message : String(error)}`);
      return;
    }
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    this.#become({ kind: 'connecting' });
    socket.addEventListener('open', () => this.#opened(socket.protocol));
    socket.addEventListener('message', ({ data }: MessageEvent<string | ArrayBuffer>) => {
      this.log.addMessage('received', typeof data === 'string' ? data : new Uint8Array(data));
    });
    socket.addEventListener('close', ({ code, reason }) => this.#closed(code, reason));
  }

  #opened(protocol: string): void {
    this.#wasOpen = true;
    this.#openedAt = performance.now();
    this.log.addNote('good', protocol === '' ? 'Connected' : `Connected, subprotocol ${protocol}`);
    this.#become({ kind: 'open', protocol });
  }

  #closed(code: number, reason: string): void {
    const isWanted = this.#target !== undefined;
    const hasOpened = this.#state.kind === 'open' || this.#state.kind === 'closing';
    this.#socket = undefined;
    if (hasOpened) this.log.addNote(isWanted ? 'warn' : 'plain', closeText(code, reason));
    else if (!this.#wasOpen && isWanted) {
      this.fail('The connection was refused, or nothing is listening there. Browsers do not say why.', true);
      return;
    }
    if (isWanted && this.#reconnects) this.#wait(code, reason);
    else this.#become({ kind: 'closed', code, reason });
  }

  #wait(code: number, reason: string): void {
    if (performance.now() - this.#openedAt > steadyMs && this.#state.kind === 'open') this.#attempts = 0;
    // Longer each time and not all equally long, so that a host that comes back is not overrun.
    const own = Math.min(longestWait, 2 ** this.#attempts) * (0.5 + Math.random() / 2) * 1_000;
    this.#attempts += 1;
    const delay = (code === 1012 ? retryAfterOf(reason) : undefined) ?? own;
    this.#timer = setTimeout(() => this.#open(), delay);
    this.#become({ kind: 'waiting', until: Date.now() + delay, code });
  }

  #stopWaiting(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #become(state: SocketState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

/** A close in words: `Closed with 4001 (…): bye`. */
function closeText(code: number, reason: string): string {
  return `Closed with ${code} (${closeMeaning(code)})${reason === '' ? '' : `: ${reason}`}`;
}
