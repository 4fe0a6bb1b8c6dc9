import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Server, type WebSocket, WebSocketServer } from 'ws';
import { HearthError } from '../../kernel/errors.ts';
import type { ConnectionInfo, ConnectionsPage, ConnectionsQuery } from '../../kernel/protocol/connections.ts';
import type { App } from '../process/app-context.ts';
import { Deadlines } from '../../kernel/calls/deadlines.ts';
import type { Log } from '../../kernel/calls/warnings.ts';
import type { Handshake, UpgradeDialect } from '../triggers/sockets/upgrade-call.ts';
import { UpgradeGate } from '../triggers/sockets/upgrade-gate.ts';
import { refuse, toRefusal } from '../triggers/sockets/upgrade-refusal.ts';
import { fitsCloseFrame, isSendableCode, maximumReasonBytes } from '../../net/close-code.ts';
import { BufferBudget } from './buffer-budget.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import type { SocketDialect, SocketTrigger } from './event-queue.ts';
import type { Identity } from './identity.ts';
import { Heartbeat } from './heartbeat.ts';
import { ServerSocket } from './server-socket.ts';
import { Drain } from './socket-drain.ts';

/** The sockets of an app: takes upgrades, keeps the connection table, drains. Its maker closes it. */
export class SocketServer {
  /** The open sockets, live: what functions see as `cloud.sockets`. */
  readonly sockets = new Set<WebSocket>();
  readonly #app: App;
  readonly #options: ConnectionOptions;
  readonly #connections = new Map<string, Connection>();
  /** Ids of closed connections whose last events are still being handled. */
  readonly #finishing = new Set<string>();
  readonly #gate: UpgradeGate;
  readonly #heartbeat: Heartbeat<Connection>;
  readonly #protocol: Server<typeof ServerSocket>;
  /** The subprotocol of the upgrade that ws is completing. */
  #accepted: string | undefined;
  #drain: Drain | undefined;

  constructor(app: App, dialect: SocketDialect & UpgradeDialect) {
    const { calls, counters, functions } = app;
    const { limits } = app.settings;
    const log: Log = (level, message, fields) => app.log(level, message, fields);
    const trigger: SocketTrigger = {
      calls,
      functions,
      dialect,
      limits,
      deadlines: new Deadlines(limits.eventTimeout),
      closed: (id) => this.#closed(id),
      finished: (id) => this.#finished(id),
    };
    this.#app = app;
    this.#options = { trigger, limits, counters, log, budget: new BufferBudget(limits.bufferedTotal, log) };
    this.#gate = new UpgradeGate(app, dialect, (handshake, identity, protocol) => this.#accept(handshake, identity, protocol));
    this.#heartbeat = new Heartbeat(limits.pingInterval);
    this.#protocol = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      // Deflate takes far more memory for each socket than it saves on the wire for small messages.
      perMessageDeflate: false,
      maxPayload: limits.message,
      handleProtocols: () => this.#accepted ?? false,
      WebSocket: ServerSocket,
    });
    // Should ws be stricter than our own check, its refusal would be text.
    this.#protocol.on('wsClientError', (_error: Error, socket: Duplex) => refuse(socket, toRefusal('UPGRADE_INVALID')));
  }

  get size(): number {
    return this.#connections.size;
  }

  /** Bytes that wait to be sent, over all sockets. */
  get buffered(): number {
    let bytes = 0;
    for (const { traffic } of this.#connections.values()) bytes += traffic.buffered;
    return bytes;
  }

  /** Takes what Node's 'upgrade' event gives, on any path (as Laf does). Never throws. */
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

  /** Sends a string as text, a Buffer as binary. Throws `CONNECTION_NOT_FOUND`. */
  send(id: string, data: string | Buffer): void {
    this.#find(id).socket.send(data);
  }

  /** Starts the closing handshake. Throws `CONNECTION_NOT_FOUND`, and `INVALID_BODY` for what no close frame can carry. */
  disconnect(id: string, code: number, reason: string): void {
    checkClose(code, reason);
    this.#find(id).socket.close(code, reason);
  }

  /**
   * Drains: refuses upgrades with 503, closes every socket with 1012 and a retry hint, terminates what is left
   * after `deadline` milliseconds. Resolves when nothing is left. A second call joins the first, and may only
   * bring its end forward.
   */
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

  #closed(id: string): void {
    const connection = this.#connections.get(id);
    if (!connection) return;
    this.#connections.delete(id);
    this.sockets.delete(connection.socket);
    connection.traffic.end();
    this.#heartbeat.remove(connection, connection.slice);
    this.#finishing.add(id);
  }

  #finished(id: string): void {
    this.#finishing.delete(id);
    this.#checkEmptied();
  }

  #checkEmptied(): void {
    if (this.#connections.size === 0 && this.#finishing.size === 0) this.#drain?.emptied();
  }

  #stop(): void {
    this.#heartbeat.stop();
    this.#options.trigger.deadlines?.stop();
  }

  #accept({ request, socket, head }: Handshake, identity: Identity, protocol: string | undefined): void {
    this.#accepted = protocol;
    this.#protocol.handleUpgrade(request, socket, head, (webSocket) => {
      const connection = new Connection(this.#options, identity, webSocket, socket);
      this.#app.counters.connectionsTotal += 1;
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
  if (!isSendableCode(code)) {
    throw new HearthError('INVALID_BODY', { reason: 'code is not a close code that may be sent. Use 1000, or one from 3000 to 4999.' });
  }
  if (!fitsCloseFrame(reason)) throw new HearthError('INVALID_BODY', { reason: `reason is longer than ${maximumReasonBytes} bytes.` });
}
