import { AsyncLocalStorage } from 'node:async_hooks';
import { performance } from 'node:perf_hooks';
import type { App } from '../../process/app.ts';
import { List, type Place } from './list.ts';

// How late a timeout may come, in milliseconds; one timer serves all calls.
const resolution = 250;

/** A call that was not answered at once, from then until it is. */
export interface Ticket {
  readonly lane: Lane;
  /** Milliseconds, by the process's clock. */
  readonly since: number;
  /** Who is told when its time is over. MUST NOT throw. */
  holder: TicketHolder;
  state: 'waiting' | 'starting' | 'running' | 'over';
  /** Among the calls whose time is measured. */
  timed: Place<Ticket> | undefined;
  /** Among those that wait for their turn. */
  waiting: Place<WaitingTicket> | undefined;
}

interface WaitingTicket {
  readonly ticket: Ticket;
  readonly call: WaitingCall;
}

/** Whoever has a ticket: a request that waits for its turn, or the exchange of one that runs. */
export interface TicketHolder {
  /** The call's time is over. */
  expire(ticket: Ticket): void;
}

/** A request that waits for its turn. */
export interface WaitingCall extends TicketHolder {
  /** Its turn has come. MUST NOT throw. */
  start(ticket: Ticket): void;
}

/** The calls of one function that have not been answered. */
interface Lane {
  readonly name: string;
  running: number;
  waiting: List<WaitingTicket> | undefined;
  advancing: boolean;
}

/**
 * The calls that were not answered at once: bounds how many of one function run and wait, and how
 * long each takes. It knows nothing of calls that are answered synchronously, and forgets a function
 * soon after its last call.
 */
export class Calls {
  readonly #app: App;
  readonly #limit: number;
  readonly #lanes = new Map<string, Lane>();
  /** In the order in which their time will be over. */
  readonly #timed = new List<Ticket>();
  /** Runs what belongs to no invocation. */
  readonly #outside = AsyncLocalStorage.snapshot();
  #timer: NodeJS.Timeout | undefined;

  constructor(app: App) {
    this.#app = app;
    this.#limit = app.settings.limits.functionTimeout;
  }

  /** Functions that it knows of. */
  get size(): number {
    return this.#lanes.size;
  }

  /** Whether a call of the function has to wait for others. */
  isFull(name: string): boolean {
    if (this.#lanes.size === 0) return false;
    const lane = this.#lanes.get(name);
    return lane !== undefined && (lane.running >= this.#app.settings.limits.concurrency || lane.waiting !== undefined);
  }

  /** Lets a call wait for its turn; undefined when as many wait as may. */
  wait(name: string, call: WaitingCall): Ticket | undefined {
    const lane = this.#lane(name);
    if ((lane.waiting?.size ?? 0) >= this.#app.settings.limits.queuedCalls) return undefined;
    const ticket = createTicket(lane, call);
    ticket.state = 'waiting';
    lane.waiting ??= new List();
    ticket.waiting = lane.waiting.add({ ticket, call });
    this.#app.counters.requestsQueued++;
    this.#time(ticket);
    return ticket;
  }

  /** Counts a call as running from now on: a new one, or one whose turn has come. */
  hold(name: string, holder: TicketHolder, started: Ticket | undefined): Ticket {
    const ticket = started ?? createTicket(this.#lane(name), holder);
    ticket.holder = holder;
    ticket.state = 'running';
    ticket.lane.running++;
    this.#app.counters.requestsActive++;
    if (!started) this.#time(ticket);
    return ticket;
  }

  /** Measures the time of a call no longer. */
  #untime(ticket: Ticket): void {
    if (ticket.timed) this.#timed.remove(ticket.timed);
  }

  /** Forgets a call, whatever it does; further calls do nothing. */
  release(ticket: Ticket): void {
    const { lane, state } = ticket;
    if (state === 'over') return;
    ticket.state = 'over';
    this.#untime(ticket);
    if (state === 'running') {
      lane.running--;
      this.#app.counters.requestsActive--;
    } else if (state === 'waiting') this.#unqueue(ticket);
    this.#settle(lane);
  }

  #lane(name: string): Lane {
    let lane = this.#lanes.get(name);
    if (!lane) {
      lane = { name, running: 0, waiting: undefined, advancing: false };
      this.#lanes.set(name, lane);
    }
    return lane;
  }

  #unqueue({ lane, waiting }: Ticket): void {
    if (!lane.waiting || !waiting?.listed) return;
    lane.waiting.remove(waiting);
    this.#app.counters.requestsQueued--;
    if (lane.waiting.size === 0) lane.waiting = undefined;
  }

  /** Lets the next begin, if there is one. */
  #settle(lane: Lane): void {
    if (lane.waiting) {
      if (lane.advancing || lane.running >= this.#app.settings.limits.concurrency) return;
      lane.advancing = true;
      // Not at once: this may run within another call's `response.write()`; nor within that call's scope.
      this.#outside(() => setImmediate(() => this.#advance(lane)));
    }
  }

  #advance(lane: Lane): void {
    lane.advancing = false;
    // Calls that answer synchronously leave their place free: the next turn of the loop is theirs.
    for (let free = this.#app.settings.limits.concurrency - lane.running; free > 0; free--) {
      const next = lane.waiting?.first;
      if (!next) break;
      const { ticket, call } = next;
      this.#unqueue(ticket);
      ticket.state = 'starting';
      call.start(ticket);
    }
    this.#settle(lane);
  }

  #time(ticket: Ticket): void {
    ticket.timed = this.#timed.add(ticket);
    if (this.#timer) return;
    const interval = Math.min(resolution, Math.ceil(this.#limit / 4));
    this.#timer = this.#outside(() => setInterval(() => this.#check(), interval).unref());
  }

  #check(): void {
    const earliest = performance.now() - this.#limit;
    for (let ticket = this.#timed.first; ticket && ticket.since <= earliest; ticket = this.#timed.first) {
      // Whatever the holder does, the next one's turn comes.
      this.#untime(ticket);
      ticket.holder.expire(ticket);
    }
    // Here rather than at the end of each call: to forget a function and to meet it again costs more than the rest.
    for (const lane of this.#lanes.values()) if (lane.running === 0 && !lane.waiting) this.#lanes.delete(lane.name);
    if (this.#timed.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

function createTicket(lane: Lane, holder: TicketHolder): Ticket {
  return { lane, since: performance.now(), holder, state: 'starting', timed: undefined, waiting: undefined };
}
