import type { Log } from '../../kernel/calls/warnings.ts';

// Cut a little lower, so that the next message does not have to cut again.
const lowWater = 0.9;
// More are summed up in one line.
const maximumLines = 5;

/** What is known of a socket here; `Traffic`, which knows the budget. */
interface Backlog {
  readonly id: string;
  readonly buffered: number;
  /** Ends the connection and frees what waits. MUST NOT throw. */
  discard(): void;
}

/**
 * Keeps the bytes that wait to be sent, over all sockets, below a limit: beyond it those with the
 * most are ended. Only sockets with a backlog are known here, so that the others cost nothing. What
 * they have is taken from their last send; that some of it was sent meanwhile is found out before
 * anything is cut.
 */
export class BufferBudget<Connection extends Backlog> {
  readonly #limit: number;
  readonly #log: Log;
  readonly #known = new Map<Connection, number>();
  #sum = 0;

  constructor(limit: number, log: Log) {
    this.#limit = limit;
    this.#log = log;
  }

  get size(): number {
    return this.#known.size;
  }

  /** So much waits on this connection. */
  set(connection: Connection, buffered: number): void {
    this.#sum += buffered - (this.#known.get(connection) ?? 0);
    if (buffered > 0) this.#known.set(connection, buffered);
    else this.#known.delete(connection);
    if (this.#sum > this.#limit) this.#enforce();
  }

  remove(connection: Connection): void {
    const known = this.#known.get(connection);
    if (known === undefined) return;
    this.#known.delete(connection);
    this.#sum -= known;
  }

  #enforce(): void {
    this.#measure();
    if (this.#sum <= this.#limit) return;
    const total = this.#sum;
    const cut: [Connection, number][] = [];
    for (const entry of [...this.#known].toSorted((one, other) => other[1] - one[1])) {
      if (this.#sum <= this.#limit * lowWater) break;
      cut.push(entry);
      this.remove(entry[0]);
      entry[0].discard();
    }
    this.#report(cut, total);
  }

  #measure(): void {
    this.#sum = 0;
    for (const connection of this.#known.keys()) {
      const { buffered } = connection;
      this.#sum += buffered;
      if (buffered > 0) this.#known.set(connection, buffered);
      else this.#known.delete(connection);
    }
  }

  #report(cut: readonly [Connection, number][], total: number): void {
    const cause = `${total} bytes were waiting over all sockets; the limit is ${this.#limit}.`;
    if (cut.length > maximumLines) {
      const bytes = cut.reduce((sum, [, buffered]) => sum + buffered, 0);
      this.#log('warn', `Terminated ${cut.length} connections with ${bytes} bytes their clients had not read: ${cause}`);
      return;
    }
    for (const [{ id }, bytes] of cut) {
      this.#log('warn', `Terminated connection ${id} with ${bytes} bytes its client had not read: ${cause}`, {
        connectionId: id,
      });
    }
  }
}
