import { EventEmitter } from 'node:events';
import { constants } from 'node:os';
import { exitCalls } from '../../internals/node-process.ts';
import type { Calls } from '../../kernel/calls/calls.ts';
import { HearthError } from '../../kernel/errors.ts';
import { callerStack } from './caller-stack.ts';
import { type Emitter, type EventName, isListener, type Listener, toEmitter } from './emitter.ts';
import { type CodeFile, callingFile } from './source-positions.ts';
import { StartedWork } from './started-work.ts';

/** Events that the end of the worker emits, or code itself. */
const endEvents: ReadonlySet<EventName> = new Set(['SIGINT', 'SIGTERM', 'exit', 'beforeExit']);
/** Those of the channel to control, which only the host hears. */
const channelEvents: ReadonlySet<EventName> = new Set(['message', 'internalMessage', 'disconnect']);
/** Listeners of functions for these are kept apart from the host's. */
const ownEvents: ReadonlySet<EventName> = new Set([...endEvents, ...channelEvents]);
/** Node ends a process whose listener for a stray error throws. */
const fatalEvents: ReadonlySet<EventName> = new Set(['uncaughtException', 'unhandledRejection', 'uncaughtExceptionMonitor']);
/** Without Node's and the host's own listeners for these the worker would not hear signals, nor outlive a stray rejection. */
const keptEvents: readonly EventName[] = [...ownEvents, 'uncaughtException', 'unhandledRejection', 'newListener', 'removeListener'];

/** Frames above a call of `process.on()` in which its caller is looked for: some belong to Node. */
const callerFrames = 12;

/** A listener as it was added. */
interface Added {
  readonly listener: Listener;
  readonly once: boolean;
  /** Absent when no code of a file has added it. */
  readonly by: CodeFile | undefined;
  readonly mark: number;
  /** Removes it, when the call that has added it ends. */
  readonly retire: () => void;
}

export interface ProcessEventsOptions {
  readonly calls: Pick<Calls, 'attribution' | 'current' | 'enter'>;
  /** Takes what a listener threw. MUST NOT throw. */
  readonly failed: (thrown: unknown, event: string, by: CodeFile | undefined) => void;
}

/**
 * The events of the process, as functions and packages hear them: `process.on()` and its kin. Their listeners
 * cannot end or unhook the host, go with the revision that added them, and are told when the worker ends.
 */
export class ProcessEvents {
  readonly #options: ProcessEventsOptions;
  readonly #apart = toEmitter(new EventEmitter().setMaxListeners(0));
  readonly #real = toEmitter(process);
  readonly #added = new WeakMap<object, Added>();
  readonly #hosts = new WeakSet<object>();
  /** Files of functions' code in use. */
  readonly #files = new Set<string>();
  #ending: StartedWork | undefined;

  constructor(options: ProcessEventsOptions) {
    this.#options = options;
  }

  /** Whether the worker ends: that a function tries to end it as well is no error then. */
  get ending(): boolean {
    return this.#ending !== undefined;
  }

  /** Puts itself in the place of the methods of `process`; what listens by now is the host's. */
  install(): void {
    for (const event of keptEvents) for (const listener of this.#real.listeners(event)) this.#hosts.add(listener);
    for (const [name, value] of Object.entries(this.#methods())) {
      Object.defineProperty(process, name, { value, writable: true, configurable: true });
    }
    for (const call of exitCalls) this.#hearExit(call);
  }

  /** Code compiled under this file name is in use. */
  adopt(file: string): void {
    this.#files.add(file);
  }

  /** It no longer is: its listeners are removed, those that a call in flight has added when that ends. */
  release(file: string): void {
    // Then all modules go, and `exit` is the last that they hear.
    if (this.ending) return;
    this.#files.delete(file);
    for (const emitter of [this.#apart, this.#real]) {
      for (const raw of emitter.names().flatMap((event) => emitter.listeners(event))) {
        const added = this.#added.get(raw);
        if (added?.by?.file === file) added.retire();
      }
    }
  }

  /** Emits `SIGTERM`, and `SIGINT` to code that listens to nothing else; resolves when all that they start is over, within `timeout` milliseconds. */
  async terminate(timeout: number): Promise<void> {
    const terms = this.#apart.listeners('SIGTERM');
    const files = new Set(terms.map((raw) => this.#added.get(raw)?.by?.file));
    const others = this.#apart.listeners('SIGINT').filter((raw) => !files.has(this.#added.get(raw)?.by?.file));
    await this.#tell([...terms, ...others], timeout, (raw) => {
      const signal = terms.includes(raw) ? 'SIGTERM' : 'SIGINT';
      return [signal, constants.signals[signal]];
    });
  }

  /** Emits `beforeExit`; resolves as `terminate()` does. */
  async beforeExit(timeout: number): Promise<void> {
    await this.#tell(this.#apart.listeners('beforeExit'), timeout, () => [exitCode()]);
  }

  /** Emits `exit`: what its listeners start does not happen. */
  exit(): void {
    this.#ending ??= new StartedWork();
    this.#apart.emit('exit', [exitCode()]);
  }

  async #tell(listeners: readonly Listener[], timeout: number, argsOf: (listener: Listener) => unknown[]): Promise<void> {
    const work = (this.#ending = new StartedWork());
    for (const listener of listeners) work.run(() => Reflect.apply(listener, process, argsOf(listener)));
    await work.settled(timeout);
  }

  #methods(): Readonly<Record<string, (event: EventName, ...args: readonly unknown[]) => unknown>> {
    const add = (once: boolean, prepend: boolean) => (event: EventName, listener: unknown) => this.#add(event, listener, { once, prepend });
    const remove = (event: EventName, listener: unknown): NodeJS.Process => {
      if (isListener(listener) && !this.#hosts.has(listener)) this.#emitter(event).remove(event, listener);
      return process;
    };
    return {
      on: add(false, false),
      addListener: add(false, false),
      once: add(true, false),
      prependListener: add(false, true),
      prependOnceListener: add(true, true),
      off: remove,
      removeListener: remove,
      removeAllListeners: (event?: EventName) => this.#removeAll(event === undefined ? this.#names() : [event]),
      listeners: (event) => this.#visible(event).map((raw) => this.#added.get(raw)?.listener ?? raw),
      rawListeners: (event) => this.#visible(event).map((raw) => this.#rawOf(raw)),
      listenerCount: (event, listener) => this.#count(event, listener),
      eventNames: () => this.#names(),
      emit: (event, ...args) => (endEvents.has(event) ? this.#apart : this.#real).emit(event, args),
    };
  }

  #add(event: EventName, listener: unknown, { once, prepend }: { once: boolean; prepend: boolean }): NodeJS.Process {
    const emitter = this.#emitter(event);
    if (!isListener(listener)) {
      // Node knows what to throw.
      emitter.add(event, listener, prepend);
      return process;
    }
    const { calls } = this.#options;
    const call = calls.current;
    const remove = (): void => emitter.remove(event, raw);
    const added: Added = {
      listener,
      once,
      by: callingFile(callerStack(callerFrames)),
      mark: calls.attribution.current,
      retire: () => (call ? call.lifetime.hold({ end: remove }) : remove()),
    };
    const raw = (...args: unknown[]): unknown => {
      if (once) remove();
      return this.#call(event, added, args);
    };
    // This is where Node looks when a listener is removed.
    this.#added.set(Object.assign(raw, { listener }), added);
    emitter.add(event, raw, prepend);
    if (added.by?.function !== undefined && !this.#files.has(added.by.file)) added.retire();
    return process;
  }

  #call(event: EventName, { listener, by, mark }: Added, args: unknown[]): unknown {
    const { calls, failed } = this.#options;
    const run = (): unknown => Reflect.apply(listener, process, args);
    if (!ownEvents.has(event) && !fatalEvents.has(event)) return run();
    try {
      return calls.enter(mark, run, undefined);
    } catch (error) {
      // The error that a listener for stray errors was told of is logged by the host's own listener.
      if (!fatalEvents.has(event) && !(this.ending && isRefusal(error))) failed(error, String(event), by);
      return undefined;
    }
  }

  #removeAll(events: readonly EventName[]): NodeJS.Process {
    for (const event of events) for (const raw of this.#visible(event)) this.#emitter(event).remove(event, raw);
    return process;
  }

  #count(event: EventName, listener: unknown): number {
    // Node keeps messages back while nobody listens.
    if (channelEvents.has(event)) return this.#real.listeners(event).length;
    return this.#visible(event).filter((raw) => listener === undefined || this.#added.get(raw)?.listener === listener).length;
  }

  #names(): readonly EventName[] {
    const names = new Set([...this.#real.names(), ...this.#apart.names()]);
    return [...names].filter((event) => this.#visible(event).length > 0);
  }

  #visible(event: EventName): readonly Listener[] {
    return this.#emitter(event)
      .listeners(event)
      .filter((raw) => !this.#hosts.has(raw));
  }

  /** As Node has it: for `once()` what wraps the listener, otherwise the listener itself. */
  #rawOf(raw: Listener): Listener {
    const added = this.#added.get(raw);
    return added && !added.once ? added.listener : raw;
  }

  #emitter(event: EventName): Emitter {
    return ownEvents.has(event) ? this.#apart : this.#real;
  }

  /** Listeners often end with `process.exit()`, which says that they are done. */
  #hearExit(name: string): void {
    const refuse: unknown = Reflect.get(process, name);
    if (typeof refuse !== 'function') return;
    const value = (...args: unknown[]): unknown => {
      this.#ending?.finish();
      return Reflect.apply(refuse, process, args);
    };
    Object.defineProperty(process, name, { value, writable: true, configurable: true });
  }
}

/** Whether this is what code gets that tries to end the process. */
export function isRefusal(thrown: unknown): boolean {
  return thrown instanceof HearthError && thrown.code === 'PROCESS_REFUSED';
}

function exitCode(): number {
  return Number(process.exitCode ?? 0);
}
