import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FunctionModule } from '../../kernel/module.ts';
import { reserved } from '../../kernel/name.ts';
import type { App } from '../app.ts';
import { createUpgradeContext, type Identity } from './context.ts';
import { parseQuery } from '../query.ts';
import { authenticate, checkHandshake, checkOrigin } from './handshake.ts';
import { drainingRefusal, type Refusal, refuse, toRefusal } from './refusal.ts';
import { askFunction, refusedWith, type Verdict } from './verdict.ts';

/** A handshake that passed the host's checks. */
export interface Handshake {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** Makes a socket of a handshake. MUST NOT throw. */
export type Accept = (handshake: Handshake, identity: Identity) => void;

interface PendingUpgrade {
  readonly handshake: Handshake;
  readonly identity: Identity;
  readonly timer: NodeJS.Timeout;
}

/** Decides which upgrades become sockets, and answers the others with a plain HTTP reply. */
export class UpgradeGate {
  readonly #app: App;
  readonly #accept: Accept;
  /** Upgrades whose function has not answered yet. */
  readonly #pending = new Set<PendingUpgrade>();
  #closed = false;

  constructor(app: App, accept: Accept) {
    this.#app = app;
    this.#accept = accept;
  }

  /** Takes what Node's 'upgrade' event gives. Never throws. */
  handle(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // The client may reset the connection at any moment, and an error without a listener ends the process.
    socket.on('error', ignoreError);
    const module = this.#app.functions.get(reserved.websocket);
    const refusal = this.#check(request, module);
    if (refusal) refuse(socket, refusal);
    else if (module) this.#ask({ request, socket, head }, module);
  }

  /** Refuses what waits for its function, and every upgrade from now on. */
  close(): void {
    this.#closed = true;
    for (const pending of this.#pending) this.#settle(pending, refusedWith(drainingRefusal()));
  }

  #check(request: IncomingMessage, module: FunctionModule | undefined): Refusal | undefined {
    if (this.#closed) return drainingRefusal();
    const invalid = checkHandshake(request);
    if (invalid) return invalid;
    return module ? checkOrigin(request, this.#app.settings.origins) : toRefusal('UPGRADE_NO_FUNCTION');
  }

  #ask(handshake: Handshake, module: FunctionModule): void {
    const { request } = handshake;
    const url = request.url ?? '/';
    const query = parseQuery(url);
    const user = authenticate(request, query, (token) => this.#app.verifyToken(token));
    const identity: Identity = { id: randomUUID(), url, headers: request.headers, query, user };
    const verdict = askFunction(this.#app, module, createUpgradeContext(request, identity));
    if (verdict instanceof Promise) this.#wait(handshake, identity, verdict);
    else this.#conclude(handshake, identity, verdict);
  }

  #wait(handshake: Handshake, identity: Identity, verdict: Promise<Verdict>): void {
    const { upgradeTimeout } = this.#app.settings.limits;
    const timer = setTimeout(() => {
      this.#settle(pending, refusedWith(toRefusal('UPGRADE_TIMEOUT')));
      this.#app.log('warn', `upgrade() of ${reserved.websocket} did not answer within ${upgradeTimeout} ms.`, {
        connectionId: identity.id,
      });
    }, upgradeTimeout);
    const pending: PendingUpgrade = { handshake, identity, timer };
    this.#pending.add(pending);
    void verdict.then((answer) => this.#settle(pending, answer));
  }

  /** Concludes a pending upgrade by whichever comes first: its answer, its time or the drain. */
  #settle(pending: PendingUpgrade, verdict: Verdict): void {
    if (!this.#pending.delete(pending)) return;
    clearTimeout(pending.timer);
    this.#conclude(pending.handshake, pending.identity, verdict);
  }

  #conclude(handshake: Handshake, identity: Identity, verdict: Verdict): void {
    const { socket } = handshake;
    if (verdict.kind === 'refused') refuse(socket, verdict.refusal);
    else if (socket.readable && socket.writable) {
      this.#accept(handshake, verdict.kind === 'accepted-as' ? { ...identity, user: verdict.user } : identity);
      // From here on ws listens.
      socket.off('error', ignoreError);
    } else socket.destroy(); // The client went away while the function thought.
  }
}

function ignoreError(): void {
  // The stream destroys itself; there is nobody left to answer.
}
