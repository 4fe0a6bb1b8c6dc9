import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Server, type WebSocket, WebSocketServer } from 'ws';
import { HearthError } from '../../kernel/errors.ts';
import type { ConnectionInfo, ConnectionsPage, ConnectionsQuery } from '../../kernel/protocol/connections.ts';
import type { App } from '../process/app.ts';
import { BufferBudget } from './budget.ts';
import { Connection, type ConnectionKeeper } from './connection.ts';
import type { Identity } from './context.ts';
import { Drain } from './drain.ts';
import { FailureLog } from './failures.ts';
import { Heartbeat } from './heartbeat.ts';
import { refuse, toRefusal } from './refusal.ts';
import { ServerSocket } from './socket.ts';
import { type Handshake, UpgradeGate } from './upgrade.ts';
import { EventWatch } from './watch.ts';

// RFC 6455, 7.1.7: what a close frame can carry beside the code.
const maximumReasonBytes = 123;
// RFC 6455, 7.4: not to be sent, they only ever report.
const unsendableCodes: ReadonlySet<number> = new Set([1004, 1005, 1006]);

/** The sockets of an app: takes upgrades, hands events to `__websocket__`, keeps the connection table. */
export interface SocketServer {
  /** The open sockets, live: what functions see as `cloud.sockets`. */
  readonly sockets: Set<WebSocket>;
  /** How many sockets are not closed yet. */
  readonly size: number;
  /** Bytes that wait to be sent, over all sockets. */
  readonly buffered: number;
  /** Takes what Node's 'upgrade' event gives, on any path (as Laf does). Never throws. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** The connection table. */
  list(): ConnectionInfo[];
  /** A part of it. */
  page(query: ConnectionsQuery): ConnectionsPage;
  /** Sends a string as text, a Buffer as binary. Throws `CONNECTION_NOT_FOUND`. */
  send(id: string, data: string | Buffer): void;
  /** Starts the closing handshake. Throws `CONNECTION_NOT_FOUND`, and `INVALID_BODY` for what no close frame can carry. */
  disconnect(id: string, code: number, reason: string): void;
  /**
   * Drains: refuses upgrades with 503, closes every socket with 1012 and a retry hint, terminates what
   * is left after `deadline` milliseconds. Resolves when nothing is left. A second call joins the
   * first, and may only bring its end forward.
   */
  close(deadline: number): Promise<void>;
}

/** A server without sockets. Whoever makes it closes it. */
export function createSocketServer(app: App): SocketServer {
  return new AppSocketServer(app);
}

class AppSocketServer implements SocketServer, ConnectionKeeper {
  readonly app: App;
  readonly failures: FailureLog;
  readonly watch: EventWatch;
  readonly budget: BufferBudget;
  readonly sockets = new Set<WebSocket>();
  readonly #connections = new Map<string, Connection>();
  /** Closed connections whose last events are still being handled. */
  readonly #finishing = new Set<Connection>();
  readonly #gate: UpgradeGate;
  readonly #heartbeat: Heartbeat<Connection>;
  readonly #protocol: Server<typeof ServerSocket>;
  #drain: Drain | undefined;

  constructor(app: App) {
    this.app = app;
    this.failures = new FailureLog(app);
    this.watch = new EventWatch(app.settings.limits.eventTimeout);
    this.budget = new BufferBudget(app.settings.limits.bufferedTotal, (level, message, fields) => app.log(level, message, fields));
    this.#gate = new UpgradeGate(this, (handshake, identity) => this.#accept(handshake, identity));
    this.#heartbeat = new Heartbeat(app.settings.limits.pingInterval);
    this.#protocol = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      // Deflate takes far more memory for each socket than it saves on the wire for small messages.
      perMessageDeflate: false,
      maxPayload: app.settings.limits.message,
      WebSocket: ServerSocket,
    });
    // Should ws be stricter than our own check, its refusal would be text.
    this.#protocol.on('wsClientError', (_error: Error, socket: Duplex) => refuse(socket, toRefusal('UPGRADE_INVALID')));
  }

  get size(): number {
    return this.#connections.size;
  }

  get buffered(): number {
    let bytes = 0;
    for (const connection of this.#connections.values()) bytes += connection.buffered;
    return bytes;
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#gate.handle(request, socket, head);
  }

  list(): ConnectionInfo[] {
    return Array.from(this.#connections.values(), (connection) => connection.info());
  }

  page({ filter, limit }: ConnectionsQuery): ConnectionsPage {
    const sought = filter?.toLowerCase();
    const connections: ConnectionInfo[] = [];
    let total = 0;
    for (const connection of this.#connections.values()) {
      if (sought !== undefined && !connection.mentions(sought)) continue;
      total += 1;
      if (total <= limit) connections.push(connection.info());
    }
    return { connections, total };
  }

  send(id: string, data: string | Buffer): void {
    this.#find(id).socket.send(data);
  }

  disconnect(id: string, code: number, reason: string): void {
    checkClose(code, reason);
    this.#find(id).socket.close(code, reason);
  }

  close(deadline: number): Promise<void> {
    if (!this.#drain) {
      this.#gate.close();
      const connections = this.#connections;
      this.#drain = new Drain(connections.size, function* sockets() {
        for (const connection of connections.values()) yield connection.socket;
      });
      this.#checkEmptied();
      void this.#drain.ended.then(() => this.#stop());
    }
    this.#drain.endWithin(deadline);
    return this.#drain.ended;
  }

  closed(connection: Connection): void {
    this.#connections.delete(connection.identity.id);
    this.sockets.delete(connection.socket);
    this.#heartbeat.remove(connection, connection.slice);
    this.#finishing.add(connection);
  }

  finished(connection: Connection): void {
    this.#finishing.delete(connection);
    this.#checkEmptied();
  }

  #checkEmptied(): void {
    if (this.#connections.size === 0 && this.#finishing.size === 0) this.#drain?.emptied();
  }

  #stop(): void {
    this.#heartbeat.stop();
    this.watch.stop();
  }

  #accept({ request, socket, head }: Handshake, identity: Identity): void {
    this.#protocol.handleUpgrade(request, socket, head, (webSocket) => {
      const connection = new Connection(this, identity, webSocket, socket);
      this.app.counters.connectionsTotal += 1;
      this.#connections.set(identity.id, connection);
      this.sockets.add(webSocket);
      connection.slice = this.#heartbeat.add(connection);
      connection.open();
    });
  }

  #find(id: string): Connection {
    const connection = this.#connections.get(id);
    if (connection?.socket.readyState !== ServerSocket.OPEN) throw new HearthError('CONNECTION_NOT_FOUND', { id });
    return connection;
  }
}

function checkClose(code: number, reason: string): void {
  const sendable =
    Number.isInteger(code) && ((code >= 1000 && code <= 1014 && !unsendableCodes.has(code)) || (code >= 3000 && code <= 4999));
  if (!sendable) throw new HearthError('INVALID_BODY', { reason: 'code is not a close code that can be sent. Use 1000, or 3000 to 4999.' });
  if (Buffer.byteLength(reason) > maximumReasonBytes) {
    throw new HearthError('INVALID_BODY', { reason: `reason is longer than ${maximumReasonBytes} bytes.` });
  }
}
