import childProcess from 'node:child_process';
import dgram from 'node:dgram';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import type { Calls } from '../../kernel/calls/calls.ts';
import type { Held, Lifetime } from '../../kernel/calls/lifetime.ts';

type CurrentCalls = Pick<Calls, 'current'>;
type Method = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Makes what functions start in Node's own modules belong to what has led to it, and end with that: servers,
 * child processes, threads. What the host starts itself, outside of any call, it does not touch.
 */
export function ownResources(calls: CurrentCalls): void {
  wrap(net.Server.prototype, 'listen', (listen) => ownListening(calls, listen));
  wrap(dgram.Socket.prototype, 'bind', (bind) => ownListening(calls, bind));
  const { ChildProcess } = childProcess;
  wrap(ChildProcess.prototype, 'spawn', (spawn) => ownChild(calls, spawn));
  process.on('worker', (worker) => {
    const lifetime = calls.current?.lifetime;
    if (lifetime) holdUntil(lifetime, { finite: true, end: () => void worker.terminate() }, (release) => worker.once('exit', release));
  });
  syncBuiltinESMExports();
}

/** Makes a change stream end with what has led to it. */
export function ownChangeStreams(calls: CurrentCalls, prototypes: readonly object[]): void {
  for (const prototype of prototypes) wrap(prototype, 'watch', (watch) => ownWatch(calls, watch));
}

/** What waits for a stream that was ended so never hears of it, as what waits for a timer that is cleared. */
function ownWatch(calls: CurrentCalls, watch: Method): Method {
  return function watchOwned(...args) {
    const stream = Reflect.apply(watch, this, args);
    const lifetime = calls.current?.lifetime;
    if (!lifetime || !isEmitter(stream)) return stream;
    let ended = false;
    for (const name of ['next', 'hasNext', 'tryNext'])
      wrap(stream, name, (ask) => async (...asked) => {
        try {
          return await Reflect.apply(ask, stream, asked);
        } catch (error) {
          if (ended) return new Promise(() => {});
          throw error;
        }
      });
    const end = (): void => {
      ended = true;
      Promise.resolve(Reflect.apply(methodOf(stream, 'close'), stream, [])).catch(() => {});
    };
    holdUntil(lifetime, { end }, (release) => stream.once('close', release));
    return stream;
  };
}

/** A port is asked for only once the publish is live: until then the revision that is replaced may have it. */
function ownListening(calls: CurrentCalls, listen: Method): Method {
  return function ownListen(...args) {
    const lifetime = calls.current?.lifetime;
    if (!lifetime || !isEmitter(this)) return Reflect.apply(listen, this, args);
    const close = (): void => {
      try {
        Reflect.apply(methodOf(this, 'close'), this, []);
        Reflect.apply(methodOf(this, 'closeIdleConnections'), this, []);
      } catch {
        // It does not listen yet, or no longer.
      }
    };
    holdUntil(lifetime, { end: close }, (release) => this.once('close', release));
    if (!lifetime.isStaged) return Reflect.apply(listen, this, args);
    lifetime.start(() => {
      try {
        Reflect.apply(listen, this, args);
      } catch (error) {
        this.emit('error', error);
      }
    });
    return this;
  };
}

function ownChild(calls: CurrentCalls, spawn: Method): Method {
  return function ownSpawn(...args) {
    const result = Reflect.apply(spawn, this, args);
    const lifetime = calls.current?.lifetime;
    // A process is detached so that it goes on.
    if (!lifetime || !isEmitter(this) || Reflect.get(Object(args[0]), 'detached') === true) return result;
    const end = (): void => void Reflect.apply(methodOf(this, 'kill'), this, []);
    holdUntil(lifetime, { finite: true, end }, (release) => this.once('exit', release));
    return result;
  };
}

function holdUntil(lifetime: Lifetime, held: Held, onEnd: (release: () => void) => void): void {
  onEnd(() => lifetime.release(held));
  lifetime.hold(held);
}

function wrap(owner: object, name: string, make: (method: Method) => Method): void {
  const method: unknown = Reflect.get(owner, name);
  if (!isMethod(method)) return;
  const own = make(method);
  for (const key of ['name', 'length'] as const) Object.defineProperty(own, key, { value: method[key], configurable: true });
  Object.defineProperty(owner, name, { value: own, writable: true, configurable: true });
}

function methodOf(target: object, name: string): Method {
  const method: unknown = Reflect.get(target, name);
  return isMethod(method) ? method : () => undefined;
}

function isMethod(value: unknown): value is Method {
  return typeof value === 'function';
}

function isEmitter(value: unknown): value is NodeJS.EventEmitter {
  return typeof value === 'object' && value !== null && isMethod(Reflect.get(value, 'once')) && isMethod(Reflect.get(value, 'emit'));
}
