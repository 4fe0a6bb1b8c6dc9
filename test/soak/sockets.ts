import { WebSocket } from 'ws';
import { type Ground, repeat, type Running } from './ground.ts';
import type { Random } from './random.ts';
import { good } from './traffic.ts';

/** Milliseconds that an echo, a push or a handshake may take. */
const patience = 25_000;

/** One WebSocket client: sends, checks what comes back and its order, and comes back when it was closed. */
class Talker {
  readonly #ground: Ground;
  readonly #random: Random;
  readonly #id: string;
  readonly #awaited: { readonly text: string; readonly since: number }[] = [];
  #socket: WebSocket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #sent = 0;
  #pushes = 0;
  #stopping = false;
  #openedAt = 0;
  #onClosed: () => void = () => {};

  constructor(ground: Ground, id: string) {
    this.#ground = ground;
    this.#id = id;
    this.#random = ground.random.fork(id);
    this.#connect();
  }

  /** Lets a function push to this client; that nobody knows it is right only while it is not connected. */
  async push(): Promise<void> {
    const socket = this.#socket;
    if (!this.#settled(socket)) return;
    const n = ++this.#pushes;
    const text = `push ${n}`;
    const since = Date.now();
    this.#awaited.push({ text, since });
    const ask = { path: `/good-push?id=${this.#id}&n=${n}` };
    const reply = await good(this.#ground, { ask, check: ({ json }) => typeof json?.sent === 'boolean' });
    if (reply?.json.sent === true) {
      this.#ground.journal.count('pushes');
      return;
    }
    const at = this.#awaited.findIndex((awaited) => awaited.text === text);
    if (at >= 0) this.#awaited.splice(at, 1);
    // The close frame and the answer come over different connections.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    if (reply && this.#socket === socket && socket?.readyState === WebSocket.OPEN)
      this.#ground.journal.wrong(`push to ${this.#id}: the function does not know an open socket`);
  }

  stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    const socket = this.#socket;
    if (!socket) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onClosed = resolve;
      socket.close(1000);
    });
  }

  #settled(socket: WebSocket | undefined): boolean {
    return socket?.readyState === WebSocket.OPEN && Date.now() - this.#openedAt > 500 && !this.#stopping;
  }

  #connect(): void {
    const { host, journal } = this.#ground;
    const from = Date.now();
    const socket = new WebSocket(`ws://127.0.0.1:${host.port}/__websocket__?id=${this.#id}`, { handshakeTimeout: patience });
    this.#socket = socket;
    this.#awaited.length = 0;
    let opened = false;
    let error = '';
    socket.on('open', () => {
      opened = true;
      this.#openedAt = Date.now();
      journal.count('sockets opened');
      this.#talk();
    });
    socket.on('error', (cause) => (error = cause.message));
    socket.on('message', (data: Buffer) => this.#take(data.toString()));
    socket.on('close', (code, reason) => {
      clearTimeout(this.#timer);
      this.#socket = undefined;
      if (opened) this.#lost(from, code, String(reason), error);
      else this.#refused(from, error);
      this.#onClosed();
      if (!this.#stopping) this.#timer = setTimeout(() => this.#connect(), toPause(code, String(reason)));
    });
  }

  #refused(from: number, error: string): void {
    if (this.#stopping) return;
    // A worker that is being replaced says so to who was already connected.
    const excuse = error.includes(' 503') ? 'drain' : error.includes('timed out') ? undefined : 'takeover';
    this.#ground.journal.failed({ from, until: Date.now(), what: 'handshake', error, ...(excuse && { excuse }) });
  }

  #lost(from: number, code: number, reason: string, error: string): void {
    const { journal } = this.#ground;
    journal.count(`sockets closed with ${code}`);
    if (this.#stopping) return;
    const excuse = { 1006: 'takeover', 1012: 'drain' } as const;
    const until = Date.now();
    journal.failed({
      from: Math.max(from, until - 1_000),
      until,
      what: `socket ${this.#id}`,
      error: `closed with ${code} ${reason} ${error}`,
      ...((code === 1006 || code === 1012) && { excuse: excuse[code] }),
    });
  }

  #take(text: string): void {
    const { journal } = this.#ground;
    const at = this.#awaited.findIndex((awaited) => awaited.text === text);
    const same = this.#awaited.slice(0, Math.max(0, at)).filter((awaited) => awaited.text.startsWith(text.slice(0, 4)));
    if (at < 0 || same.length > 0)
      journal.wrong(`socket ${this.#id}: got ${text.slice(0, 60)}, awaited ${JSON.stringify(this.#awaited).slice(0, 200)}`);
    if (at >= 0) this.#awaited.splice(at, 1);
    if (text.startsWith('echo ')) journal.count('echoes');
  }

  #talk(): void {
    const socket = this.#socket;
    if (!socket || this.#stopping) return;
    const [oldest] = this.#awaited;
    if (oldest && Date.now() - oldest.since > patience) {
      this.#ground.journal.wrong(`socket ${this.#id}: ${oldest.text.slice(0, 60)} has not come for ${Date.now() - oldest.since} ms`);
      socket.terminate();
      return;
    }
    if (socket.readyState === WebSocket.OPEN && this.#awaited.length < 50) {
      for (let burst = this.#random.int(1, 3); burst > 0; burst--) {
        const text = `echo ${this.#id} ${++this.#sent} ${'x'.repeat(this.#random.int(0, 300))}`;
        this.#awaited.push({ text, since: Date.now() });
        socket.send(text);
      }
    }
    this.#timer = setTimeout(() => this.#talk(), this.#random.int(150, 600));
  }
}

/** Clients are asked to come back after a while; who was cut off comes back soon. */
function toPause(code: number, reason: string): number {
  if (code !== 1012) return 200;
  return Number(/"retryAfterMs":(\d+)/.exec(reason)?.[1] ?? 1_000);
}

/** WebSocket clients, and requests that push to them. */
export function startSockets(ground: Ground, count: number): Running {
  const talkers = Array.from({ length: count }, (_, n) => new Talker(ground, `socket-${n}`));
  const random = ground.random.fork('push');
  const pushing = repeat(
    () => random.pick(talkers).push(),
    () => random.int(50, 200),
  );
  return {
    async stop() {
      await pushing.stop();
      await Promise.all(talkers.map((talker) => talker.stop()));
    },
  };
}
