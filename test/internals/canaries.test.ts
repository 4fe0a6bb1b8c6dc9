import { AsyncLocalStorage } from 'node:async_hooks';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, stat, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import module, { createRequire } from 'node:module';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { compileFunction } from 'node:vm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { ExtensibleParser } from '../../runtime/internals/acorn-parser.ts';
import { acceptForeignValues, type BsonExports } from '../../runtime/internals/bson-serialize.ts';
import { guardChannel } from '../../runtime/internals/node-channel.ts';
import { currentResponse, hideServer, isUpgraded } from '../../runtime/internals/node-http.ts';
import { beforeEachFile, createImport, mapRequirePath, provideModule, redirectRequire } from '../../runtime/internals/node-module.ts';
import { bindHandle } from '../../runtime/internals/node-net.ts';
import { exitCalls, isImmediate, killCalls, takeReallyExit } from '../../runtime/internals/node-process.ts';
import { keepReadable, replay } from '../../runtime/internals/node-readable.ts';
import { storesOfPoolRequests } from '../../runtime/internals/node-requests.ts';
import { freeUnwritten } from '../../runtime/internals/node-stream.ts';
import { collectGarbage } from '../../runtime/internals/v8-garbage.ts';
import { redeclaredName } from '../../runtime/internals/v8-syntax-error.ts';
import { sendsAtOnce } from '../../runtime/internals/ws.ts';

// Each of these fails when Node, ws or acorn changes what Hearth relies on without a promise.

function portOf(address: net.AddressInfo | string | null): number {
  if (typeof address !== 'object' || address === null) throw new TypeError('no port');
  return address.port;
}

describe('node:http', () => {
  it('keeps the response under way, the parser and the server on the connection', async () => {
    const server = createServer();
    onTestFinished(() => void server.close());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const asked = once(server, 'request');
    const sent = request({ port: portOf(server.address()), agent: false });
    sent.end();
    const [incoming, response] = await asked;
    const { socket } = incoming;
    expect([currentResponse(socket) === response, isUpgraded(socket), Reflect.get(socket, 'server') === server]).toEqual([
      true,
      false,
      true,
    ]);
    hideServer(socket, { hidden: true });
    expect(Reflect.get(socket, 'server')).toEqual({ hidden: true });
    response.end('x');
    const [answer] = await once(sent, 'response');
    answer.resume();
    await once(answer, 'end');
    expect(currentResponse(socket)).toBeUndefined();
  });

  it('takes its parser from an upgraded connection', async () => {
    const server = createServer();
    onTestFinished(() => void server.close());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const upgraded = once(server, 'upgrade');
    const client = net.connect(portOf(server.address()), '127.0.0.1');
    onTestFinished(() => void client.destroy());
    client.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    const [, socket] = await upgraded;
    expect(isUpgraded(socket)).toBe(true);
    socket.destroy();
  });
});

describe('node:net', () => {
  it('binds a socket that does not listen, and that a server can listen on', async () => {
    const handle = bindHandle('127.0.0.1', 0, 4);
    if (typeof handle !== 'object') throw new TypeError(String(handle));
    const server = net.createServer((socket) => socket.end('hi'));
    onTestFinished(() => void server.close());
    server.listen(handle);
    await once(server, 'listening');
    const [data] = await once(net.connect(portOf(server.address()), '127.0.0.1'), 'data');
    expect(String(data)).toBe('hi');
  });

  it('returns an error number for an address that cannot be bound', () => {
    expect(bindHandle('203.0.113.1', 0, 4)).toEqual(expect.any(Number));
  });
});

describe('node:module', () => {
  it('passes every file and every require() through the calls that Hearth wraps', () => {
    const dir = mkdtempSync(join(tmpdir(), 'hearth-canary-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    writeFileSync(join(dir, 'a.cjs'), "module.exports = require('hearth:canary');");
    writeFileSync(join(dir, 'b.js'), 'module.exports = 2;');
    const load = createRequire(join(dir, 'index.js'));
    let files = 0;
    beforeEachFile(() => (files += 1));
    provideModule((name) => name === 'hearth:canary', 'provided');
    expect([load('./a.cjs'), load('./b.js')]).toEqual(['provided', 2]);
    expect(files).toBeGreaterThan(0);
  });

  it('says which file requires, so that another may do it', () => {
    const dir = mkdtempSync(join(tmpdir(), 'hearth-canary-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    writeFileSync(join(dir, 'there.js'), 'module.exports = 3;');
    const other = createRequire(join(dir, 'x.js'));
    redirectRequire((id, from) => (from === '/nowhere/redirected.js' && id === './there' ? other : undefined));
    expect(createRequire('/nowhere/redirected.js')('./there')).toBe(3);
    expect(() => createRequire('/nowhere/else.js')('./there')).toThrow('Cannot find module');
  });

  it('lets packages make a require() from a name that is no path', () => {
    mapRequirePath((from) => (from === 'hearth:nobody' ? '/nowhere/at-all.js' : from));
    expect(module.createRequire('hearth:nobody').resolve('node:fs')).toBe('node:fs');
    expect(createRequire('hearth:nobody').resolve('node:fs')).toBe('node:fs');
    expect(() => createRequire('hearth:other')).toThrow('must be a file URL');
  });

  it('imports from where a file would be, without flags', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'hearth-canary-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    writeFileSync(join(dir, 'there.mjs'), 'export const value = await Promise.resolve(4);');
    writeFileSync(join(dir, 'data.json'), '5');
    const load = createImport(join(dir, 'nobody.js'));
    expect(await load('./there.mjs')).toMatchObject({ value: 4 });
    expect(await load('./data.json', { with: { type: 'json' } })).toMatchObject({ default: 5 });
    await expect(load('./gone.mjs')).rejects.toMatchObject({ code: 'ERR_MODULE_NOT_FOUND' });
  });

  it('shows the frame of such an import without a position', async () => {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 30;
    const lost: unknown = await createImport('/nowhere/nobody.js')('nobody-has-this').catch((error: unknown) => error);
    Error.stackTraceLimit = stackTraceLimit;
    expect(lost).toMatchObject({ code: 'ERR_MODULE_NOT_FOUND', stack: expect.stringMatching(/\n {4}at \/nowhere\/nobody\.js\n/) });
  });
});

describe('process and timers', () => {
  it('have the calls that exit() and kill() end in', () => {
    for (const call of [...exitCalls, ...killCalls]) expect([call, typeof Reflect.get(process, call)]).toEqual([call, 'function']);
    expect(takeReallyExit()).toEqual(expect.any(Function));
  });

  it('mark an immediate, and nothing else, as one', () => {
    const immediate = setImmediate(() => undefined);
    const timeout = setTimeout(() => undefined, 0);
    expect([immediate, timeout, {}, undefined].map((timer) => isImmediate(timer))).toEqual([true, false, false, false]);
    clearImmediate(immediate);
    clearTimeout(timeout);
  });
});

describe('node:stream', () => {
  it('keeps unwritten chunks where freeUnwritten() empties them', () => {
    const stream = new PassThrough({ highWaterMark: 1 });
    for (const text of ['a', 'b', 'c']) stream.write(Buffer.from(text));
    const buffered = (): unknown[] => Reflect.get(Reflect.get(stream, '_writableState'), 'buffered');
    expect(buffered().length).toBeGreaterThan(0);
    freeUnwritten(stream);
    expect(buffered().map((entry) => Reflect.get(Object(entry), 'chunk').length)).toEqual(buffered().map(() => 0));
    stream.destroy();
  });
});

describe('V8', () => {
  it.each(['const a = 1;', 'let a;', 'class a {}', 'const { x: a } = {};'])('names the parameter that %s declares again', (code) => {
    let thrown: unknown;
    try {
      compileFunction(code, ['a']);
    } catch (error) {
      thrown = error;
    }
    expect(redeclaredName(thrown)).toBe('a');
    expect(redeclaredName(new SyntaxError('Unexpected token'))).toBeUndefined();
  });

  it('collects garbage on demand', async () => {
    const gone = new WeakRef({});
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    collectGarbage();
    expect(gone.deref()).toBeUndefined();
  });
});

describe('ws', () => {
  it('tells by its sender whether a frame may be written at once', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    onTestFinished(() => server.close());
    await once(server, 'listening');
    const joined = once(server, 'connection');
    const client = new WebSocket(`ws://127.0.0.1:${portOf(server.address())}`);
    onTestFinished(() => client.terminate());
    const [[socket]] = await Promise.all([joined, once(client, 'open')]);
    expect(sendsAtOnce(socket)).toBe(true);
    socket.send('a part', { fin: false });
    expect(sendsAtOnce(socket)).toBe(false);
    socket.send('the rest');
    expect(sendsAtOnce(socket)).toBe(true);
    socket.send(new Blob(['waits']));
    expect(sendsAtOnce(socket)).toBe(false);
    expect(sendsAtOnce(Object(new EventTarget()))).toBe(false);
  });
});

describe('acorn', () => {
  it.each([
    'next',
    'eat',
    'startNodeAt',
    'finishNode',
    'catchStackOverflow',
    'declareName',
    'strictDirective',
    'parseParenExpression',
    'parseStatement',
    'parseIfStatement',
    'parseFunctionBody',
    'parseBindingAtom',
    'parseMaybeAssign',
    'parseMaybeUnary',
    'parseSubscripts',
    'parseExprOp',
    'parseExprAtom',
  ])('has the method %s, which the parser for guards overrides or calls', (method) => {
    expect(typeof Reflect.get(ExtensibleParser.prototype, method)).toBe('function');
  });
});

describe('mongodb and bson', () => {
  it('serializes by what bson exports at each use, and refuses values of another version by a name', () => {
    const load = createRequire(import.meta.url);
    const bson: BsonExports & { readonly ObjectId: new () => object } = load('bson');
    const { BSON, EJSON, serialize, calculateObjectSize } = bson;
    onTestFinished(() => void Object.assign(bson, { BSON, EJSON, serialize, calculateObjectSize }));
    const seen: unknown[] = [];
    acceptForeignValues(bson, (document) => {
      seen.push(document);
      return { x: 1 };
    });
    const { ObjectId }: { readonly ObjectId: new () => object } = load('bson4');
    const document = { id: new ObjectId() };
    const driver: BsonExports = createRequire(load.resolve('mongodb'))('./bson.js');
    for (const one of [driver, driver.BSON]) {
      expect([one.serialize(document), one.calculateObjectSize(document)]).toEqual([serialize({ x: 1 }), 12]);
      expect(one.serialize({ y: 1 })).toEqual(serialize({ y: 1 }));
      expect(() => one.serialize([])).toThrow('array');
    }
    expect(driver.EJSON.stringify(document)).toBe('{"x":1}');
    expect(seen).toEqual([document, document, document, document, document]);
  });
});

describe('node-readable', () => {
  it('replay() gives back what a request held, once, and its end', async () => {
    const bodies: string[] = [];
    const server = createServer((incoming, response) => {
      keepReadable(incoming);
      const read = async (): Promise<string> => {
        const chunks: Buffer[] = [];
        for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
        return Buffer.concat(chunks).toString();
      };
      const again = async (): Promise<void> => {
        replay(incoming, [Buffer.from('first '), Buffer.alloc(0), Buffer.from('second')]);
        bodies.push(await read());
        response.end();
      };
      incoming.resume();
      incoming.once('end', () => setImmediate(() => void again()));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    for (let count = 0; count < 2; count += 1)
      await (await fetch(`http://127.0.0.1:${portOf(server.address())}`, { method: 'POST', body: 'x' })).text();
    server.close();
    server.closeAllConnections();
    expect(bodies).toEqual(['first second', 'first second']);
  });
});

describe('node:child_process', () => {
  it('reads the channel of a child by a function of its handle, which throws for bytes that are no message', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'hearth-canary-'));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    const file = join(dir, 'child.cjs');
    writeFileSync(file, "require('node:fs').writeSync(3, Buffer.from([0, 0, 0, 1, 0]));");
    const child = fork(file, { serialization: 'advanced' });
    let bytes = 0;
    const failed = new Promise((resolve) => {
      expect(guardChannel(child, { read: (chunk) => (bytes += chunk.length), failed: resolve })).toBe(true);
    });
    expect(await failed).toBeInstanceOf(Error);
    expect(bytes).toBe(5);
  });
});

describe('process', () => {
  // From Node 24 on the stores are kept elsewhere, and the report on a blocked pool names no function.
  it.skipIf(Number(process.versions.node.split('.')[0]) >= 24)(
    'keeps the stores of a call on the file requests that it has begun',
    async () => {
      const store = new AsyncLocalStorage<object>();
      const call = { name: 'call' };
      const done = new Promise((resolve) => {
        store.run(call, () => stat(tmpdir(), resolve));
      });
      expect(storesOfPoolRequests()).toContain(call);
      await done;
    },
  );
});
