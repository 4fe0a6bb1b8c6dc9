import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { Invocation } from '../../kernel/calls/invocation.ts';
import type { FunctionModule } from '../../kernel/functions/module.ts';
import { reserved } from '../../kernel/functions/name.ts';
import type { App } from '../process/app.ts';
import { dropConsoleCookie } from '../triggers/console-cookie.ts';
import { type Identity, UpgradeCallContext } from './context.ts';
import { parseQuery } from '../dialects/laf/query.ts';
import type { EventHost } from './dispatch.ts';
import { authenticate, checkHandshake, checkOrigin } from './handshake.ts';
import { AddressRate } from './rate.ts';
import { drainingRefusal, type Refusal, refuse, tooManyRefusal, toRefusal } from './refusal.ts';
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
  readonly context: UpgradeCallContext;
  readonly timer: NodeJS.Timeout;
  /** Called when the client ends its side or is gone. */
  readonly leave: () => void;
}

/** Decides which upgrades become sockets, and answers the others with a plain HTTP reply. */
export class UpgradeGate {
  readonly #app: App;
  readonly #host: EventHost;
  readonly #accept: Accept;
  readonly #rate: AddressRate;
  readonly #tooMany: Refusal;
  /** Upgrades whose function has not answered yet. */
  readonly #pending = new Set<PendingUpgrade>();
  #closed = false;

  constructor(host: EventHost, accept: Accept) {
    const { addressUpgrades, trustedAddresses } = host.app.settings.limits;
    this.#app = host.app;
    this.#host = host;
    this.#accept = accept;
    this.#rate = new AddressRate(addressUpgrades, trustedAddresses);
    this.#tooMany = tooManyRefusal(addressUpgrades);
  }

  /** Takes what Node's 'upgrade' event gives. Never throws. */
  handle(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // The client may reset the connection at any moment, and an error without a listener ends the process.
    socket.on('error', ignoreError);
    dropConsoleCookie(request);
    const module = this.#app.functions.get(reserved.websocket);
    const refusal = this.#check(request, module);
    if (refusal) refuse(socket, refusal);
    else if (module) this.#ask({ request, socket, head }, module);
  }

  /** Refuses what waits for its function, and every upgrade from now on. */
  close(): void {
    this.#closed = true;
    for (const pending of this.#pending) this.#giveUp(pending, drainingRefusal());
  }

  #check(request: IncomingMessage, module: FunctionModule | undefined): Refusal | undefined {
    if (this.#closed) return drainingRefusal();
    if (!this.#rate.take(request.socket.remoteAddress, performance.now())) {
      this.#app.counters.refused += 1;
      return this.#tooMany;
    }
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
    const context = new UpgradeCallContext(request, identity);
    const { requestId, connectionId } = context;
    const invocation = new Invocation({ function: reserved.websocket, revision: module.revision, requestId, connectionId });
    const verdict = askFunction(this.#host, { module, invocation, context });
    if (verdict instanceof Promise) this.#wait(handshake, identity, context, verdict);
    else this.#conclude(handshake, identity, verdict);
  }

  #wait(handshake: Handshake, identity: Identity, context: UpgradeCallContext, verdict: Promise<Verdict>): void {
    const { socket } = handshake;
    const timer = setTimeout(() => this.#expire(pending), this.#app.settings.limits.upgradeTimeout);
    // Nobody will hear the answer.
    const leave = (): void => this.#giveUp(pending, undefined);
    const pending: PendingUpgrade = { handshake, identity, context, timer, leave };
    this.#pending.add(pending);
    socket.once('end', leave).once('close', leave);
    void verdict.then((answer) => this.#settle(pending, answer));
  }

  #expire(pending: PendingUpgrade): void {
    const { upgradeTimeout } = this.#app.settings.limits;
    this.#app.counters.timeouts += 1;
    this.#app.log('warn', `upgrade() of ${reserved.websocket} did not finish within ${upgradeTimeout} ms.`, {
      connectionId: pending.identity.id,
    });
    this.#giveUp(pending, toRefusal('UPGRADE_TIMEOUT'));
  }

  /** Concludes a pending upgrade without its answer: refuses it if there is somebody to refuse. */
  #giveUp(pending: PendingUpgrade, refusal: Refusal | undefined): void {
    if (refusal) this.#settle(pending, refusedWith(refusal));
    else if (this.#withdraw(pending)) pending.handshake.socket.destroy();
    UpgradeCallContext.abort(pending.context);
  }

  /** Concludes a pending upgrade by whichever comes first: its answer, its time or the drain. */
  #settle(pending: PendingUpgrade, verdict: Verdict): void {
    if (this.#withdraw(pending)) this.#conclude(pending.handshake, pending.identity, verdict);
  }

  /** Whether the upgrade was still pending, which it then is no longer. */
  #withdraw(pending: PendingUpgrade): boolean {
    const { handshake, timer, leave } = pending;
    if (!this.#pending.delete(pending)) return false;
    clearTimeout(timer);
    handshake.socket.off('end', leave).off('close', leave);
    return true;
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
