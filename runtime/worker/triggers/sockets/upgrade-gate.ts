import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { Deadlines } from '../../../kernel/calls/deadlines.ts';
import type { FunctionModule } from '../../../kernel/functions/module.ts';
import type { App } from '../../process/app-context.ts';
import type { Identity } from '../../sockets/identity.ts';
import { dropConsoleCookie } from '../console-cookie.ts';
import { networkOf, plainAddress } from '../../../net/address.ts';
import { RateLimit } from '../../../net/rate-limit.ts';
import { checkHandshake, checkOrigin } from './handshake.ts';
import { UpgradeCall, type UpgradeDialect, type UpgradeTrigger } from './upgrade-call.ts';
import { drainingRefusal, type Refusal, refuse, tooManyRefusal, toRefusal } from './upgrade-refusal.ts';

/** Decides which upgrades become sockets, and answers the others with a plain HTTP reply. */
export class UpgradeGate {
  readonly #app: App;
  readonly #dialect: UpgradeDialect;
  readonly #trigger: UpgradeTrigger;
  readonly #rate: RateLimit;
  /** Addresses that are not limited. */
  readonly #trusted: ReadonlySet<string>;
  readonly #tooMany: Refusal;
  #closed = false;

  /** `accept` makes a socket of a handshake, and MUST NOT throw. */
  constructor(app: App, dialect: UpgradeDialect, accept: UpgradeTrigger['accept']) {
    const { addressUpgrades, trustedAddresses, upgradeTimeout } = app.settings.limits;
    const accepted: UpgradeTrigger['accept'] = (handshake, identity, protocol) => {
      accept(handshake, identity, protocol);
      // From here on ws listens.
      handshake.socket.off('error', ignoreError);
    };
    this.#app = app;
    this.#dialect = dialect;
    this.#trigger = {
      calls: app.calls,
      deadlines: new Deadlines(upgradeTimeout),
      functions: app.functions,
      dialect,
      pending: new Set(),
      accept: accepted,
    };
    this.#rate = new RateLimit({ burst: 2 * addressUpgrades, interval: 1000 / addressUpgrades });
    this.#trusted = new Set(trustedAddresses.map(plainAddress));
    this.#tooMany = tooManyRefusal(addressUpgrades);
  }

  /** Takes what Node's 'upgrade' event gives. Never throws. */
  handle(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // The client may reset the connection at any moment, and an error without a listener ends the process.
    socket.on('error', ignoreError);
    dropConsoleCookie(request);
    const module = this.#app.functions.get(this.#dialect.function);
    const refusal = this.#check(request, module);
    if (refusal) refuse(socket, refusal);
    else if (module) new UpgradeCall(this.#trigger, module, { request, socket, head }, this.#identify(request)).begin();
  }

  /** Refuses what waits for its function, and every upgrade from now on. */
  close(): void {
    this.#closed = true;
    for (const call of this.#trigger.pending) call.refuse(drainingRefusal());
    this.#trigger.deadlines?.stop();
  }

  #check(request: IncomingMessage, module: FunctionModule | undefined): Refusal | undefined {
    if (this.#closed) return drainingRefusal();
    if (!this.#mayUpgrade(request.socket.remoteAddress)) {
      this.#app.counters.refused += 1;
      return this.#tooMany;
    }
    const invalid = checkHandshake(request);
    if (invalid) return invalid;
    return module ? checkOrigin(request, this.#app.settings.origins) : toRefusal('UPGRADE_NO_FUNCTION');
  }

  /** A socket that is closed already has no address. */
  #mayUpgrade(address: string | undefined): boolean {
    if (address === undefined || this.#trusted.has(plainAddress(address))) return true;
    const network = networkOf(address);
    const now = performance.now();
    if (this.#rate.wait(network, now) > 0) return false;
    this.#rate.count(network, now);
    return true;
  }

  #identify(request: IncomingMessage): Identity {
    const url = request.url ?? '/';
    const query = this.#dialect.parseQuery(url);
    return { id: randomUUID(), url, headers: request.headers, query, user: this.#dialect.authenticate(request, query) };
  }
}

function ignoreError(): void {
  // The stream destroys itself; there is nobody left to answer.
}
