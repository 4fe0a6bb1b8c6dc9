import type { Socket } from 'node:net';
import { plainAddress } from '../../../net/address.ts';
import type { WorkerLimits } from '../../../kernel/protocol/settings.ts';

/** What is kept of an open TCP connection. */
export interface Connection {
  readonly address: string | undefined;
  /** Requests that have come over it. */
  requests: number;
  /** Whether its last response is to close it. */
  closing: boolean;
}

const connection: unique symbol = Symbol('connection');

interface TrackedSocket extends Socket {
  [connection]?: Connection;
}

/** What is kept of the connection that a request came over, if it is tracked. */
export function connectionOf(socket: Socket): Connection | undefined {
  const tracked: TrackedSocket = socket;
  return tracked[connection];
}

/** The open connections of a server, upgraded ones too, and how many each remote address has. */
export class Connections {
  readonly #limit: number;
  readonly #trusted: ReadonlySet<string>;
  readonly #open = new Map<Socket, Connection>();
  readonly #perAddress = new Map<string, number>();

  constructor({ addressConnections, trustedAddresses }: Pick<WorkerLimits, 'addressConnections' | 'trustedAddresses'>) {
    this.#limit = addressConnections;
    this.#trusted = new Set(trustedAddresses.map(plainAddress));
  }

  get open(): ReadonlyMap<Socket, Connection> {
    return this.#open;
  }

  /** Takes a connection in until it closes; false when its address has as many as it may. */
  admit(socket: TrackedSocket): boolean {
    const { remoteAddress } = socket;
    const address = remoteAddress === undefined ? undefined : plainAddress(remoteAddress);
    const counted = address !== undefined && !this.#trusted.has(address);
    if (counted) {
      const count = this.#perAddress.get(address) ?? 0;
      if (count >= this.#limit) return false;
      this.#perAddress.set(address, count + 1);
    }
    const kept: Connection = { address, requests: 0, closing: false };
    socket[connection] = kept;
    this.#open.set(socket, kept);
    socket.once('close', () => {
      this.#open.delete(socket);
      if (counted) this.#leave(address);
    });
    return true;
  }

  #leave(address: string): void {
    const count = this.#perAddress.get(address) ?? 0;
    if (count > 1) this.#perAddress.set(address, count - 1);
    else this.#perAddress.delete(address);
  }
}
