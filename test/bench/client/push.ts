import { HttpConnection, toGet } from '../connection.ts';
import type { Counted, PushJob, PushResult, PushTimes, PushTurn } from '../jobs.ts';
import { quantile } from '../report.ts';
import { RawWebSocket } from './websocket.ts';

/** Milliseconds that the pushes of one turn may take, and the welcome of one socket. */
const patience = 10_000;
/** Sockets that are being opened at any time. */
const abreast = 50;
/** Prime to the numbers of users: each gets his turn, and neighbours do not follow each other. */
const stride = 7_919;

/** A push on its way: it is done when its message and its answer are there. */
interface Pushed {
  readonly user: number;
  readonly asked: number;
  readonly done: () => void;
  outstanding: number;
}

/** Users with a socket each at several servers, and requests that have one of them sent a message. */
export class Pushes {
  readonly #sides = new Map<number, Side>();

  /** Has so many users be connected to each port. */
  async connect({ ports, count }: { readonly ports: readonly number[]; readonly count: number }): Promise<Counted> {
    const begun = performance.now();
    let connected = 0;
    for (const port of ports) connected += await this.#side(port).connect(count);
    const wanted = count * ports.length;
    return { count: connected, failed: wanted - connected, took: performance.now() - begun };
  }

  /** Pushes to the ports by turns, so that what else the machine does meets all of them. */
  async push({ ports, turns, pushes, abreast: clients }: PushJob): Promise<PushResult> {
    const sides = ports.map((port) => this.#side(port));
    const results = sides.map((): PushTurn[] => []);
    for (const side of sides) await side.call(clients);
    for (let turn = 0; turn < turns; turn++) {
      const order = [...sides.entries()];
      // Whoever comes second may meet a warmer or a busier machine.
      for (const [index, side] of turn % 2 === 0 ? order : order.toReversed()) results[index]?.push(await side.turn(pushes));
    }
    return { turns: results };
  }

  #side(port: number): Side {
    const side = this.#sides.get(port) ?? new Side(port);
    this.#sides.set(port, side);
    return side;
  }
}

/** One server's users. */
class Side {
  readonly #port: number;
  readonly #sockets: RawWebSocket[] = [];
  readonly #pending = new Map<string, Pushed>();
  #connections: HttpConnection[] = [];
  #asked: number[] = [];
  #sent: number[] = [];
  #lost = 0;
  #next = 0;

  constructor(port: number) {
    this.#port = port;
  }

  async connect(count: number): Promise<number> {
    while (this.#sockets.length < count) {
      const from = this.#sockets.length;
      const more = Math.min(abreast, count - from);
      this.#sockets.push(...(await Promise.all(Array.from({ length: more }, (_, index) => this.#open(from + index)))));
    }
    return this.#sockets.length;
  }

  /** Has so many connections for requests. */
  async call(clients: number): Promise<void> {
    for (const connection of this.#connections) connection.close();
    this.#connections = await Promise.all(Array.from({ length: clients }, () => HttpConnection.open(this.#port)));
  }

  /** Pushes so often, on each connection the next once the one before is done. */
  async turn(pushes: number): Promise<PushTurn> {
    [this.#asked, this.#sent, this.#lost] = [[], [], 0];
    let begun = 0;
    let done = 0;
    await new Promise<void>((resolve) => {
      const late = setTimeout(resolve, patience);
      for (const connection of this.#connections) {
        const next = (): void => {
          if (begun === pushes) return;
          begun += 1;
          this.#push(connection, () => {
            done += 1;
            if (done < pushes) return next();
            clearTimeout(late);
            resolve();
          });
        };
        next();
      }
    });
    this.#pending.clear();
    return { asked: toTimes(this.#asked), sent: toTimes(this.#sent), lost: this.#lost + pushes - done };
  }

  #push(connection: HttpConnection, done: () => void): void {
    const id = String((this.#next += 1));
    const user = (this.#next * stride) % this.#sockets.length;
    const pushed: Pushed = { user, asked: now(), done, outstanding: 2 };
    this.#pending.set(id, pushed);
    connection.send(toGet(`/push?userId=u${user}&message=${id}`), ({ status }) => {
      // Then there is no message to wait for.
      if (status !== 200) {
        this.#lost += 1;
        this.#pending.delete(id);
        pushed.done();
      } else settle(pushed);
    });
  }

  async #open(user: number): Promise<RawWebSocket> {
    let welcome: () => void = () => {};
    const welcomed = new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error('a socket was not welcomed')), patience);
      welcome = () => {
        clearTimeout(late);
        resolve();
      };
    });
    const hear = (payload: Buffer): void => {
      const at = now();
      // The servers of the benchmark send nothing else.
      const message = JSON.parse(payload.toString()) as { readonly type: string; readonly message: string; readonly at: number };
      if (message.type === 'welcome') welcome();
      else this.#heard(user, message, at);
    };
    const socket = await RawWebSocket.open(this.#port, hear, undefined, `/__websocket__?user=u${user}`);
    await welcomed;
    return socket;
  }

  #heard(user: number, { message, at: sent }: { readonly message: string; readonly at: number }, at: number): void {
    const pushed = this.#pending.get(message);
    if (pushed?.user !== user) {
      this.#lost += 1;
      return;
    }
    this.#pending.delete(message);
    this.#asked.push(at - pushed.asked);
    this.#sent.push(at - sent);
    settle(pushed);
  }
}

function settle(pushed: Pushed): void {
  pushed.outstanding -= 1;
  if (pushed.outstanding === 0) pushed.done();
}

/** Microseconds of the machine's monotonic clock, which all processes share. */
function now(): number {
  return Number(process.hrtime.bigint()) / 1e3;
}

function toTimes(times: readonly number[]): PushTimes {
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99), longest: quantile(times, 1) };
}
