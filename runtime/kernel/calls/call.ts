import { HearthError } from '../errors.ts';
import type { FunctionModule } from '../functions/module.ts';
import { type CallBounds, PendingCall } from './bounds.ts';
import type { Calls } from './calls.ts';
import type { Concurrency, WaitingCall } from './concurrency.ts';
import { type Failure, fieldsOf } from './failures.ts';
import type { CallOrigin, CallState, CurrentCall } from './current-call.ts';
import type { Generation } from './in-flight.ts';
import type { Lifetime } from './lifetime.ts';
import { isThenable } from './thenable.ts';

/**
 * One run of a handler, whatever triggered it. This class does what every call needs: attribution, turn,
 * deadline, signal, report of failures, end. A trigger extends it and says which code is called with which
 * context ({@link Call.invoke}) and what becomes of the outcome.
 *
 * Exactly one of `settled()`, `failed()` and `expired()` is called first; after `expired()` a late outcome is
 * reported and ends the call. A trigger MUST call `end()` once nothing of the call is left to do.
 */
export abstract class Call<Origin extends CallOrigin = CallOrigin, Bounds extends CallBounds = CallBounds>
  implements CurrentCall, WaitingCall
{
  readonly origin: Origin;
  protected readonly bounds: Bounds;
  // A request makes one of these: what few calls need is in objects of their own.
  #module: FunctionModule;
  #state: CallState = 'running';
  #pending: PendingCall | undefined;
  #controller: AbortController | undefined;
  #atEnd: (() => void)[] | undefined;
  #generation: Generation | undefined;

  constructor(bounds: Bounds, module: FunctionModule, origin: Origin) {
    this.bounds = bounds;
    this.origin = origin;
    this.#module = module;
  }

  get requestId(): string {
    return this.origin.requestId;
  }

  get connectionId(): string | undefined {
    return this.origin.connectionId;
  }

  get module(): FunctionModule {
    return this.#module;
  }

  get function(): string {
    return this.#module.name;
  }

  get revision(): number {
    return this.#module.revision;
  }

  get state(): CallState {
    return this.#state;
  }

  get ended(): boolean {
    return this.#state === 'ended';
  }

  get calls(): Calls {
    return this.bounds.calls;
  }

  get lifetime(): Lifetime {
    return this.bounds.lifetime ?? this.calls.lifetimes.of(this.function);
  }

  /** What `ctx.signal` is, made at its first use: aborts when nobody waits for the call any more. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      this.watchCaller();
    }
    return this.#controller.signal;
  }

  protected get hasSignal(): boolean {
    return this.#controller !== undefined;
  }

  /** Calls the function now, or when its turn comes; what a handler returns at once is dealt with at once. */
  begin(): void {
    const { concurrency } = this.bounds;
    if (concurrency?.isFull(this.function)) this.#wait(concurrency);
    else this.#start();
  }

  takeTurn(): void {
    const module = this.lookUp();
    if (module) {
      this.#module = module;
      this.#state = 'running';
      this.#start();
    } else this.end();
  }

  /** The call's time is over. */
  expire(): void {
    if (!this.isAwaited) return;
    const { calls } = this;
    const error = this.timeout();
    const waited = this.#state === 'waiting' ? ' It was waiting for a free slot all that time.' : '';
    this.release();
    this.#state = 'expired';
    calls.counters.timeouts += 1;
    calls.log('error', `${error.message}${waited}`, fieldsOf(this));
    this.expired(error);
    this.abort(error);
  }

  /** Gives the call up: a late outcome only ends it. */
  abandon(reason: unknown): void {
    this.release();
    if (this.#state !== 'ended') this.#state = 'expired';
    this.abort(reason);
  }

  /** Tells the function through its signal that nobody waits any more; its listeners are user code. */
  abort(reason: unknown): void {
    const controller = (this.#controller ??= new AbortController());
    if (controller.signal.aborted) return;
    this.calls.within(this, () => this.calls.enter(this.#module.mark, () => controller.abort(reason), undefined), undefined);
  }

  /** Stops counting and timing the call: it has settled, or its response has begun. */
  release(): void {
    this.#pending?.release();
    this.#pending = undefined;
  }

  onEnd(callback: () => void): void {
    if (this.ended) callback();
    else (this.#atEnd ??= []).push(callback);
  }

  end(): void {
    if (this.#state === 'ended') return;
    this.release();
    this.#state = 'ended';
    if (this.#generation) this.calls.inFlight.leave(this.#generation);
    if (this.#atEnd) for (const callback of this.#atEnd) callback();
  }

  /** Whether somebody still waits for the outcome: only then does the call's time count. */
  protected get isAwaited(): boolean {
    return true;
  }

  /** Enters the function; runs inside the call. Throws what the function throws. */
  protected abstract invoke(): unknown;
  /** Deals with what the function returned. What it throws fails the call. */
  protected abstract settled(result: unknown): void;
  /** Deals with a failure, which has been reported. MUST NOT throw. */
  protected abstract failed(failure: Failure): void;
  /** Deals with a call whose time is over, which has been logged. MUST NOT throw. */
  protected abstract expired(error: HearthError): void;

  protected timeout(): HearthError {
    return new HearthError('FUNCTION_TIMEOUT', { limit: this.bounds.deadlines?.timeout ?? 0 });
  }

  /** Called when a signal is first asked for: a trigger whose caller may leave calls `abort()` when it does. */
  protected watchCaller(): void {}

  /** The function, when the call's turn has come: a publish may have replaced it. Undefined: the trigger has dealt with that. */
  protected lookUp(): FunctionModule | undefined {
    return this.#module;
  }

  /** Counts and times the call from now on, unless that is done already. */
  protected hold(): void {
    this.#pending ??= new PendingCall(this.bounds, this);
    this.#pending.enter();
  }

  protected report(thrown: unknown): Failure {
    return this.calls.failures.report(thrown, this, this.#controller?.signal.reason);
  }

  #wait(concurrency: Concurrency): void {
    const waiting = concurrency.wait(this.function, this);
    if (waiting) {
      this.#state = 'waiting';
      this.#pending = new PendingCall(this.bounds, this, waiting);
      return;
    }
    const { calls } = this.bounds;
    calls.counters.refused += 1;
    const error = new HearthError('FUNCTION_BUSY', { name: this.function });
    calls.warnings.warn(this.function, error.message, fieldsOf(this));
    this.failed({ kind: 'stopped', error });
  }

  #start(): void {
    this.#generation = this.calls.inFlight.enter();
    this.calls.within(this, Call.#run, this);
  }

  static #run(this: void, call: Call): void {
    let result: unknown;
    try {
      result = call.invoke();
      if (isThenable(result)) {
        call.#await(result);
        return;
      }
    } catch (thrown) {
      call.#fail(thrown);
      return;
    }
    call.#settle(result);
  }

  #await(pending: PromiseLike<unknown>): void {
    // Some thenables, such as queries, do their work each time they are asked: this asks once.
    Promise.resolve(pending).then(
      (result) => this.#settle(result),
      (thrown: unknown) => this.#fail(thrown),
    );
    if (this.isAwaited) this.hold();
    else this.release();
  }

  #settle(result: unknown): void {
    if (this.#state !== 'running') {
      this.end();
      return;
    }
    this.release();
    try {
      this.settled(result);
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  #fail(thrown: unknown): void {
    this.release();
    const failure = this.report(thrown);
    if (this.#state === 'running') this.failed(failure);
    else this.end();
  }
}
