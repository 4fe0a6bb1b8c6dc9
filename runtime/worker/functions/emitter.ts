import type { EventEmitter } from 'node:events';

export type EventName = string | symbol;
export type Listener = (...args: unknown[]) => unknown;

/** The methods of an emitter as they were before any were replaced. */
export interface Emitter {
  /** Throws what Node throws for what is no listener. */
  add(event: EventName, listener: unknown, prepend: boolean): void;
  remove(event: EventName, listener: Listener): void;
  /** What was added, as it is called. */
  listeners(event: EventName): readonly Listener[];
  names(): readonly EventName[];
  emit(event: EventName, args: readonly unknown[]): boolean;
}

export function isListener(value: unknown): value is Listener {
  return typeof value === 'function';
}

export function toEmitter(emitter: EventEmitter): Emitter {
  const on = emitter.on.bind(emitter);
  const prependListener = emitter.prependListener.bind(emitter);
  const removeListener = emitter.removeListener.bind(emitter);
  const rawListeners = emitter.rawListeners.bind(emitter);
  const eventNames = emitter.eventNames.bind(emitter);
  const emit = emitter.emit.bind(emitter);
  return {
    add: (event, listener, prepend) => void Reflect.apply(prepend ? prependListener : on, undefined, [event, listener]),
    remove: (event, listener) => void removeListener(event, listener),
    listeners: (event) => rawListeners(event).filter((listener) => isListener(listener)),
    names: eventNames,
    emit: (event, args) => emit(event, ...args),
  };
}
