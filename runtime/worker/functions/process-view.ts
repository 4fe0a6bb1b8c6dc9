import { EventEmitter } from 'node:events';
import { exitCalls, killCalls } from '../../internals/node-process.ts';
import { HearthError } from '../../kernel/errors.ts';

/** Calls that would end or disturb the host; a function gets an error instead. */
const refusedCalls = [...exitCalls, 'send', 'disconnect', 'setUncaughtExceptionCaptureCallback', 'chdir'] as const;

function refuse(call: string): never {
  throw new HearthError('PROCESS_REFUSED', { call });
}

/**
 * Takes from the process object what ends or disturbs the host, for npm packages that use the global
 * one. Returns what the worker itself still needs. This contains accidents, not malice.
 */
export function guardProcess(): { send: (message: object, done?: () => void) => void } {
  const send = process.send?.bind(process);
  for (const call of refusedCalls) {
    Object.defineProperty(process, call, { value: () => refuse(call), writable: true, configurable: true });
  }
  guardListeners();
  for (const call of killCalls) guardKill(call);
  return { send: (message, done) => void send?.(message, undefined, undefined, done) };
}

/** Keeps signals from the worker, its group and control; 0 only asks whether a process is there. */
function guardKill(name: string): void {
  const kill: unknown = Reflect.get(process, name);
  if (typeof kill !== 'function') return;
  Reflect.set(process, name, (pid: unknown, signal?: unknown): unknown => {
    // Node takes a string of digits as well.
    const target = Number(pid);
    if (signal !== 0 && (target === process.pid || target === process.ppid || target <= 0)) refuse('kill');
    const sent: unknown = Reflect.apply(kill, process, [target, signal]);
    return sent;
  });
}

/** Without these the worker would neither hear control nor outlive a stray rejection. */
const hostEvents = new Set(['message', 'internalMessage', 'disconnect', 'SIGINT', 'SIGTERM', 'uncaughtException', 'unhandledRejection']);

/** Node ends a process whose listener for a stray error throws. */
const fatalEvents: ReadonlySet<unknown> = new Set(['uncaughtException', 'unhandledRejection', 'uncaughtExceptionMonitor']);

function guardListeners(): void {
  for (const call of ['on', 'once', 'addListener', 'prependListener', 'prependOnceListener'] as const) shieldListeners(call);
  const removeAll = process.removeAllListeners.bind(process);
  process.removeAllListeners = (event) => {
    const events = event === undefined ? process.eventNames() : [event];
    for (const name of events) if (!hostEvents.has(String(name))) removeAll(name);
    return process;
  };
}

/** Catches what listeners for stray errors throw, which packages add. */
function shieldListeners(call: 'on' | 'once' | 'addListener' | 'prependListener' | 'prependOnceListener'): void {
  const add: unknown = Reflect.get(process, call);
  if (typeof add !== 'function') return;
  Reflect.set(process, call, (event: unknown, listener: unknown): unknown => {
    if (typeof listener !== 'function' || !fatalEvents.has(event)) return Reflect.apply(add, process, [event, listener]);
    const shielded = (...args: unknown[]): void => {
      try {
        Reflect.apply(listener, process, args);
      } catch {
        // The error that it was told of is logged by the host's own listener.
      }
    };
    // This is where Node looks when the listener is removed.
    return Reflect.apply(add, process, [event, Object.assign(shielded, { listener })]);
  });
}

/**
 * The `process` that functions see: Node's, with the app's environment and with listeners of their
 * own, so that `process.on('uncaughtException')` or `removeAllListeners()` cannot unhook the host's.
 */
export function createProcessView(env: Record<string, string>): NodeJS.Process {
  const view: NodeJS.Process = Object.create(process);
  const emitter = new EventEmitter();
  emitter.setMaxListeners(0);
  const own: PropertyDescriptorMap = { env: { value: env, writable: true, enumerable: true } };
  for (const key of Reflect.ownKeys(EventEmitter.prototype)) {
    const method: unknown = Reflect.get(EventEmitter.prototype, key);
    if (typeof method === 'function' && key !== 'constructor') own[key] = { value: method.bind(emitter), writable: true };
  }
  return Object.defineProperties(view, own);
}
