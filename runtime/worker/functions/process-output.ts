import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { Writable } from 'node:stream';
import { type ConsoleSink, createConsole } from './function-console.ts';
import { OutputLines, type OutputSink } from './output-lines.ts';

type Chunks = readonly (string | Uint8Array)[];

/** Returns the number of bytes it has written; undefined for a write that is not its own. */
type Write = (fd: unknown, args: readonly unknown[]) => number | undefined;

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

/** A stream like Node's for a pipe: never full, and nothing ends it, as others write to it, too. */
function createStream(fd: number, lines: OutputLines): Writable {
  const stream = new Writable({
    decodeStrings: false,
    // Those who wait for its end, such as `pipeline()`, are content with `finish` then.
    emitClose: false,
    write: (chunk: unknown, encoding, done) => {
      lines.write(toBytes(chunk, encoding) ?? '');
      done();
    },
  });
  const byNode = stream.write.bind(stream);
  const later = (event: string, done: unknown): void =>
    process.nextTick(() => {
      stream.emit(event);
      if (isCallback(done)) done();
    });
  const own = {
    // Pino looks for a `write` of its own before it writes to the descriptor instead.
    write: (chunk: unknown, ...rest: unknown[]): boolean => {
      const [encoding, done] = typeof rest[0] === 'function' ? [undefined, rest[0]] : rest;
      const bytes = toBytes(chunk, encoding);
      // Node knows what to throw.
      if (bytes === undefined) return Reflect.apply(byNode, stream, [chunk, ...rest]);
      lines.write(bytes);
      if (isCallback(done)) process.nextTick(done);
      return true;
    },
    end: (...args: unknown[]): Writable => {
      const [chunk, encoding] = args;
      if (args.length > 0 && !isCallback(chunk) && chunk !== null && chunk !== undefined) own.write(chunk, encoding);
      later('finish', args.find(isCallback));
      return stream;
    },
    destroy: (): Writable => {
      later('close', undefined);
      return stream;
    },
    destroySoon: (): Writable => own.destroy(),
    fd,
    _type: 'pipe',
    _isStdio: true,
  };
  return Object.assign(stream, own);
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
  const write = (chunksOf: (args: readonly unknown[]) => Chunks | undefined) => (fd: unknown, args: readonly unknown[]) => {
    const lines = byDescriptor.get(fd);
    const chunks = lines && chunksOf(args);
    if (!lines || !chunks) return undefined;
    for (const chunk of chunks) lines.write(chunk);
    return chunks.reduce((sum, chunk) => sum + (typeof chunk === 'string' ? Buffer.byteLength(chunk) : chunk.byteLength), 0);
  };
  const [one, many] = [write(chunkOf), write(vectorOf)];
  replace('writeSync', one);
  replace('writevSync', many);
  replace('write', withCallback(one));
  replace('writev', withCallback(many));
}

function withCallback(write: Write): Write {
  return (fd, args) => {
    const done = args.at(-1);
    const bytes = typeof done === 'function' ? write(fd, args.slice(0, -1)) : undefined;
    if (bytes !== undefined && typeof done === 'function') setImmediate(() => Reflect.apply(done, undefined, [null, bytes, args[0]]));
    return bytes;
  };
}

function replace(name: 'write' | 'writeSync' | 'writev' | 'writevSync', write: Write): void {
  const original: unknown = Reflect.get(fs, name);
  if (typeof original !== 'function') return;
  const replaced = (fd: unknown, ...args: unknown[]): unknown => {
    const bytes = fd === 1 || fd === 2 ? write(fd, args) : undefined;
    if (bytes === undefined) return Reflect.apply(original, fs, [fd, ...args]);
    return name.endsWith('Sync') ? bytes : undefined;
  };
  // `promisify()` looks for what Node has put on its own.
  Object.defineProperties(replaced, Object.getOwnPropertyDescriptors(original));
  Reflect.set(fs, name, replaced);
}

/** What `write(fd, …)` is given in any of its forms; undefined for what Node refuses. */
function chunkOf([chunk, second, third]: readonly unknown[]): Chunks | undefined {
  if (typeof chunk === 'string') {
    const bytes = toBytes(chunk, third);
    return bytes === undefined ? undefined : [bytes];
  }
  if (!ArrayBuffer.isView(chunk)) return undefined;
  const { offset = 0, length }: { offset?: unknown; length?: unknown } =
    typeof second === 'object' && second !== null ? second : { offset: second ?? 0, length: third };
  const bytes = viewOf(chunk);
  if (typeof offset !== 'number' || !(offset >= 0 && offset <= bytes.length)) return undefined;
  const end = typeof length === 'number' ? offset + length : bytes.length;
  return end >= offset && end <= bytes.length ? [bytes.subarray(offset, end)] : undefined;
}

function vectorOf([parts]: readonly unknown[]): Chunks | undefined {
  if (!Array.isArray(parts)) return undefined;
  const views = parts.filter((part) => ArrayBuffer.isView(part)).map(viewOf);
  return views.length === parts.length ? views : undefined;
}

function viewOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function isCallback(value: unknown): value is () => void {
  return typeof value === 'function';
}
