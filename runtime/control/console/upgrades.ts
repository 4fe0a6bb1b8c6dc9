import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { HearthError } from '../../kernel/errors.ts';
import type { Gate } from './gate.ts';
import type { LanguageService } from './language-socket.ts';
import { refuseUpgrade } from './console-refusal.ts';
import type { UpgradeListener } from './console-server.ts';

/** Bytes of one message: a source and what an editor says of it. */
const maximumMessage = 8 * 1024 * 1024;

/** Milliseconds that a peer has to close its side. */
const lingerTime = 500;

export interface Upgrades {
  readonly handle: UpgradeListener;
  /** Closes all of them with 1001; resolves when they are closed. */
  close(): Promise<void>;
}

/** Opens sockets to the language service for who is signed in, and refuses all others. */
export function createUpgrades(gate: Gate, language: LanguageService | undefined): Upgrades {
  const server = new WebSocketServer({ noServer: true, maxPayload: maximumMessage, perMessageDeflate: false });

  const accept = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    gate.checkOrigin(request);
    const secret = gate.authorize(request);
    const [path = ''] = (request.url ?? '').split('?', 1);
    if (path !== '/_/language' || language === undefined) throw new HearthError('ROUTE_NOT_FOUND', { method: 'GET', path });
    server.handleUpgrade(request, socket, head, (opened) => {
      // A broken frame closes the socket, which is all there is to do about it.
      opened.on('error', () => {});
      opened.once(
        'close',
        gate.sessions.onEnd(secret, () => void end(opened, 1008, 'signed out')),
      );
      language.connect(opened);
    });
  };

  return {
    handle(request, socket, head) {
      socket.on('error', () => socket.destroy());
      try {
        accept(request, socket, head);
      } catch (error) {
        refuseUpgrade(socket, error instanceof HearthError ? error : new HearthError('INTERNAL', {}, { cause: error }));
      }
    },
    async close() {
      server.close();
      await Promise.all(Array.from(server.clients, (opened) => end(opened, 1001, 'the host is stopping')));
    },
  };
}

function end(socket: WebSocket, code: number, reason: string): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState === socket.CLOSED) return resolve();
    const linger = setTimeout(() => socket.terminate(), lingerTime);
    socket.once('close', () => {
      clearTimeout(linger);
      resolve();
    });
    socket.close(code, reason);
  });
}
