import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { CallBounds } from '../../../kernel/calls/bounds.ts';
import { Call } from '../../../kernel/calls/call.ts';
import type { CallOrigin } from '../../../kernel/calls/current-call.ts';
import type { Failure } from '../../../kernel/calls/failures.ts';
import { catalogue, HearthError } from '../../../kernel/errors.ts';
import type { FunctionModule, Handler } from '../../../kernel/functions/module.ts';
import { onceLoaded } from '../../../kernel/functions/pending-import.ts';
import type { FunctionView } from '../../../kernel/functions/function-view.ts';
import type { Identity } from '../../sockets/identity.ts';
import { offeredProtocols } from './handshake.ts';
import { errorRefusal, type Refusal, refuse, toRefusal } from './upgrade-refusal.ts';

export interface Handshake {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** Port: how a dialect's function decides who may open a socket. */
export interface UpgradeDialect {
  readonly function: string;
  /** Who opens the socket, as far as the request says; null for nobody known. */
  authenticate(request: IncomingMessage, query: Readonly<Record<string, unknown>>): unknown;
  parseQuery(url: string): Record<string, unknown>;
  /** What decides, of the function's exports; undefined: the function leaves it to the host, which accepts. */
  handlerOf(exports: unknown): Handler | undefined;
  /** What decides is called with it, and may put its choice of subprotocol there. */
  createUpgradeContext(call: UpgradeCall): { readonly protocol?: unknown };
  /** Whether what a client offers as a subprotocol is the token that says who it is. */
  isToken(protocol: string): boolean;
}

/** What the upgrades of a server share. Its functions MUST NOT throw. */
export interface UpgradeTrigger extends CallBounds {
  readonly functions: FunctionView;
  readonly dialect: UpgradeDialect;
  /** Upgrades whose function has not decided yet. */
  readonly pending: Set<UpgradeCall>;
  /** Makes a socket of a handshake, with the subprotocol that is accepted. */
  accept(handshake: Handshake, identity: Identity, protocol: string | undefined): void;
}

/** The call that decides about an upgrade. It costs no turn of the loop unless the function returns a promise. */
export class UpgradeCall extends Call<CallOrigin, UpgradeTrigger> {
  readonly identity: Identity;
  readonly handshake: Handshake;
  /** The subprotocols that the client offers. */
  readonly protocols: readonly string[];
  #context: { readonly protocol?: unknown } | undefined;
  #loaded = false;
  #thrown: unknown;
  readonly #leave = (): void => this.#abandon();

  constructor(trigger: UpgradeTrigger, module: FunctionModule, handshake: Handshake, identity: Identity) {
    super(trigger, module, { requestId: `${identity.id}-0`, connectionId: identity.id });
    this.handshake = handshake;
    this.identity = identity;
    this.protocols = offeredProtocols(handshake.request);
  }

  /** The subprotocol that is accepted unless the function chooses: a browser closes a socket whose offers were all passed over. */
  get protocol(): string | undefined {
    const { dialect } = this.bounds;
    return this.protocols.find((name) => !dialect.isToken(name)) ?? this.protocols[0];
  }

  /** Refuses the upgrade without waiting for the function's decision. */
  refuse(refusal: Refusal): void {
    this.#conclude(refusal);
    this.abandon(undefined);
  }

  protected override invoke(): unknown {
    const { functions, dialect } = this.bounds;
    let exports: unknown;
    try {
      exports = functions.exports(this.module);
    } catch (error) {
      return onceLoaded(error, () => this.invoke());
    }
    const handler = dialect.handlerOf(exports);
    this.#loaded = true;
    if (!handler) return undefined;
    const context = dialect.createUpgradeContext(this);
    this.#context = context;
    return this.calls.enter(this.module.mark, handler, context);
  }

  protected override hold(): void {
    super.hold();
    this.bounds.pending.add(this);
    // A client that leaves will not hear the decision.
    this.handshake.socket.once('end', this.#leave).once('close', this.#leave);
  }

  protected override report(thrown: unknown): Failure {
    this.#thrown = thrown;
    return super.report(thrown);
  }

  protected override settled(decision: unknown): void {
    const status = decision === false ? catalogue.UPGRADE_REFUSED.status : statusOf(decision);
    if (status !== undefined) this.#conclude(toRefusal('UPGRADE_REFUSED', status));
    else if (typeof decision === 'object' && decision !== null) this.#accept(decision);
    else this.#accept(this.identity.user);
    this.end();
  }

  protected override failed({ error }: Failure): void {
    if (error) this.#conclude(errorRefusal(error));
    else this.#conclude(this.#loaded ? toRefusal('UPGRADE_REFUSED', statusOf(this.#thrown)) : toRefusal('INTERNAL'));
    this.end();
  }

  protected override expired(error: HearthError): void {
    this.#conclude(errorRefusal(error));
  }

  protected override timeout(): HearthError {
    return new HearthError('UPGRADE_TIMEOUT', { limit: this.bounds.deadlines?.timeout ?? 0 });
  }

  #abandon(): void {
    this.#withdraw();
    this.handshake.socket.destroy();
    this.abandon(undefined);
  }

  /** Throws what reading the function's choice throws. */
  #accept(user: unknown): void {
    const protocol = this.#chosen();
    const { handshake, identity } = this;
    const { socket } = handshake;
    this.#withdraw();
    if (socket.readable && socket.writable)
      this.bounds.accept(handshake, user === identity.user ? identity : { ...identity, user }, protocol);
    // The client went away while the function was deciding.
    else socket.destroy();
  }

  /** A client closes a socket with a subprotocol that it did not offer (RFC 6455, 4.1). */
  #chosen(): string | undefined {
    const context = this.#context;
    const chosen = context ? context.protocol : this.protocol;
    // ws asks nobody either when none is offered.
    if (this.protocols.length === 0 || chosen === undefined || chosen === null || chosen === '') return undefined;
    const offered = this.protocols.find((name) => name === chosen);
    if (offered === undefined) throw new HearthError('UPGRADE_PROTOCOL', { protocol: typeof chosen === 'string' ? chosen : typeof chosen });
    return offered;
  }

  #conclude(refusal: Refusal): void {
    this.#withdraw();
    refuse(this.handshake.socket, refusal);
  }

  #withdraw(): void {
    if (!this.bounds.pending.delete(this)) return;
    this.handshake.socket.off('end', this.#leave).off('close', this.#leave);
  }
}

/** The HTTP status of an error that a function names by what it returns or throws. */
function statusOf(value: unknown): number | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  let status: unknown;
  try {
    status = Reflect.get(value, 'status');
  } catch {
    return undefined;
  }
  return typeof status === 'number' && Number.isInteger(status) && status >= 400 && status <= 599 ? status : undefined;
}
