import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { Writable } from 'node:stream';
import { type ConsoleSink, createConsole } from './function-console.ts';
import { OutputLines, type OutputSink } from './output-lines.ts';

type Written = (error?: Error | null) => void;

/**
 * Leads what is written past a function's console to the log, with its function and call: `process.stdout` and
 * `process.stderr`, the console that packages share, and `fs.write()` to their descriptors, as fast loggers do.
 * What only control can see, such as the output of programs, it reads from the pipes behind the descriptors.
 * Returns what logs the lines that have begun and not ended.
 */
export function redirectOutput(sink: OutputSink & ConsoleSink): () => void {
  const lines = { stdout: new OutputLines('info', sink), stderr: new OutputLines('error', sink) };
  const byDescriptor = new Map<unknown, OutputLines>([
    [1, lines.stdout],
    [2, lines.stderr],
  ]);
  replaceStream('stdout', 1, lines.stdout);
  replaceStream('stderr', 2, lines.stderr);
  redirectWrites(byDescriptor);
  for (const [name, method] of Object.entries(createConsole(undefined, sink))) {
    if (typeof method === 'function') Reflect.set(console, name, method);
  }
  // For packages that are ES modules, whose imports are copies.
  syncBuiltinESMExports();
  return () => {
    lines.stdout.flush();
    lines.stderr.flush();
  };
}

function replaceStream(name: 'stdout' | 'stderr', fd: number, lines: OutputLines): void {
  const stream = createStream(fd, lines);
  Object.defineProperty(process, name, { value: stream, writable: true, enumerable: true, configurable: true });
}

/** A stream like Node's for a pipe: never full, and nothing ends it. */
function createStream(fd: number, lines: OutputLines): Writable {
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk: unknown, encoding, done) => {
      lines.write(toBytes(chunk, encoding) ?? '');
      done();
    },
    // So does Node with its own.
    destroy: (error, done) => done(error),
  });
  const byNode = stream.write.bind(stream);
  const write = (chunk: unknown, ...rest: unknown[]): boolean => {
    const [encoding, done] = typeof rest[0] === 'function' ? [undefined, rest[0]] : rest;
    const bytes = toBytes(chunk, encoding);
    // Node knows what to throw.
    if (bytes === undefined) return Reflect.apply(byNode, stream, [chunk, ...rest]);
    lines.write(bytes);
    if (isCallback(done)) process.nextTick(done);
    return true;
  };
  // Its own, which pino looks for before it writes to the descriptor instead.
  Object.defineProperty(stream, 'write', { value: write, writable: true, enumerable: true, configurable: true });
  return Object.assign(stream, { fd, _type: 'pipe', _isStdio: true, destroySoon: () => stream.destroy() });
}

/** Undefined for what cannot be written. */
function toBytes(chunk: unknown, encoding: unknown): string | Uint8Array | undefined {
  if (chunk instanceof Uint8Array) return chunk;
  if (typeof chunk !== 'string') return undefined;
  if (encoding === undefined || encoding === null || isUtf8(encoding)) return chunk;
  return typeof encoding === 'string' && Buffer.isEncoding(encoding) ? Buffer.from(chunk, encoding) : undefined;
}

function isUtf8(encoding: unknown): boolean {
  return typeof encoding === 'string' && /^(?:utf-?8|buffer)$/i.test(encoding);
}

/** Takes the writes of `node:fs` to these descriptors; those to others go on as before. */
function redirectWrites(byDescriptor: ReadonlyMap<unknown, OutputLines>): void {
  const written = (fd: unknown, args: readonly unknown[]): { bytes: number } | undefined => {
    const lines = byDescriptor.get(fd);
    const chunk = lines && chunkOf(args);
    if (chunk === undefined) return undefined;
    lines?.write(chunk);
    return { bytes: typeof chunk === 'string' ? Buffer.byteLength(chunk) : chunk.byteLength };
  };
  wrap('writeSync', (fd, args) => written(fd, args)?.bytes);
  wrap('write', (fd, args) => {
    const done = args.at(-1);
    const result = typeof done === 'function' ? written(fd, args.slice(0, -1)) : undefined;
    if (result === undefined) return undefined;
    if (isCallback(done)) setImmediate(() => Reflect.apply(done, undefined, [null, result.bytes, args[0]]));
    // What `fs.write()` returns.
    return result;
  });
  wrap('writevSync', (fd, args) => vectorOf(args)?.reduce<number>((sum, part) => sum + (written(fd, [part])?.bytes ?? 0), 0));
}

/** `take` returns undefined for a write that is not its own. */
function wrap(name: 'write' | 'writeSync' | 'writevSync', take: (fd: unknown, args: readonly unknown[]) => unknown): void {
  const original: unknown = Reflect.get(fs, name);
  if (typeof original !== 'function') return;
  const wrapped = (fd: unknown, ...args: unknown[]): unknown => {
    const taken = fd === 1 || fd === 2 ? take(fd, args) : undefined;
    return taken === undefined ? Reflect.apply(original, fs, [fd, ...args]) : typeof taken === 'number' ? taken : undefined;
  };
  // `promisify()` looks for what Node has put on its own.
  Object.defineProperties(wrapped, Object.getOwnPropertyDescriptors(original));
  Reflect.set(fs, name, wrapped);
}

/** What `write(fd, …)` is given in any of its forms; undefined for what Node refuses. */
function chunkOf([chunk, second, third]: readonly unknown[]): string | Uint8Array | undefined {
  if (typeof chunk === 'string') return toBytes(chunk, third);
  if (!ArrayBuffer.isView(chunk)) return undefined;
  const { offset = 0, length }: { offset?: unknown; length?: unknown } =
    typeof second === 'object' && second !== null ? second : { offset: second ?? 0, length: third };
  const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  if (typeof offset !== 'number' || !(offset >= 0 && offset <= bytes.length)) return undefined;
  const end = typeof length === 'number' ? offset + length : bytes.length;
  return end >= offset && end <= bytes.length ? bytes.subarray(offset, end) : undefined;
}

function vectorOf([parts]: readonly unknown[]): readonly unknown[] | undefined {
  return Array.isArray(parts) && parts.every((part) => ArrayBuffer.isView(part)) ? parts : undefined;
}

function isCallback(value: unknown): value is Written {
  return typeof value === 'function';
}
