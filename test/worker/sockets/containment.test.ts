import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { closed, handshake, messages, open, rawClient, recorder, startHost, textOf } from './host.ts';

/** A masked text frame as a client sends it. */
function frame(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
}

function throwing(what: string): () => never {
  return () => {
    throw new Error(what);
  };
}

describe('a listener of a function that throws', () => {
  it.each(['on', 'once', 'addListener', 'addEventListener'] as const)('by %s() loses no message of the same chunk', async (add) => {
    const seen = recorder<string>();
    const listen = {
      on: (peer: WebSocket) => peer.on('message', throwing('mine')),
      once: (peer: WebSocket) => peer.once('message', throwing('mine')),
      addListener: (peer: WebSocket) => peer.addListener('message', throwing('mine')),
      addEventListener: (peer: WebSocket) => peer.addEventListener('message', throwing('mine')),
    }[add];
    const host = await startHost({
      default: (context) => {
        if (context.method === 'WebSocket:connection' && context.url === '/') listen(context.socket);
        if (context.method === 'WebSocket:message') seen.record(textOf(context));
      },
    });
    const socket = await rawClient(host);
    const other = await open(host, '/other');
    socket.write(Buffer.concat(['a', 'b', 'c'].map((text) => frame(text))));
    expect(await seen.seen(3)).toEqual(['a', 'b', 'c']);
    socket.write(frame('d'));
    await seen.seen(4);
    other.send('e');
    expect(await seen.seen(5)).toEqual(['a', 'b', 'c', 'd', 'e']);
    const { id } = host.server.list()[0] ?? { id: '' };
    expect(host.failures.length).toBe(add === 'once' ? 1 : 4);
    for (const { thrown, invocation } of host.failures) {
      expect([thrown, invocation]).toMatchObject([{ message: 'mine' }, { function: '__websocket__', revision: 1, connectionId: id }]);
    }
  });

  it('before the host keeps its own message from it, as in any emitter, but not the next', async () => {
    const seen = recorder<string>();
    const host = await startHost({
      default: (context) => {
        if (context.method === 'WebSocket:connection') context.socket.prependOnceListener('message', throwing('mine'));
        if (context.method === 'WebSocket:message') seen.record(textOf(context));
      },
    });
    const socket = await rawClient(host);
    socket.write(Buffer.concat(['a', 'b', 'c'].map((text) => frame(text))));
    expect(await seen.seen(2)).toEqual(['b', 'c']);
    expect(host.failures).toMatchObject([{ thrown: { message: 'mine' } }]);
  });

  it('at a pong or a ping leaves the socket receiving', async () => {
    const seen = recorder<string>();
    const host = await startHost(
      {
        default: (context) => {
          if (context.method === 'WebSocket:message') seen.record(textOf(context));
          if (context.method === 'WebSocket:connection') context.socket.on('pong', throwing('pong')).on('ping', throwing('ping'));
        },
      },
      { limits: { pingInterval: 20 } },
    );
    const socket = await open(host);
    socket.ping();
    await once(socket, 'pong');
    await vi.waitFor(() =>
      expect(host.failures.map(({ thrown }) => String(thrown))).toEqual(expect.arrayContaining(['Error: ping', 'Error: pong'])),
    );
    socket.send('still');
    expect(await seen.seen(1)).toEqual(['still']);
  });

  it('at the close or at an error does not keep the close from the function and the table', async () => {
    const seen = recorder<string>();
    const host = await startHost({
      default: ({ method, socket }) => {
        seen.record(method);
        if (method === 'WebSocket:connection') socket.on('error', throwing('error')).on('close', throwing('close'));
      },
    });
    const bad = await rawClient(host);
    bad.write(Buffer.from([0xff, 0xff, 0, 0]));
    bad.end();
    await closed(bad);
    expect(await seen.seen(3)).toEqual(['WebSocket:connection', 'WebSocket:error', 'WebSocket:close']);
    expect(host.failures.map(({ thrown }) => String(thrown))).toEqual(['Error: error', 'Error: close']);
    expect([host.server.size, host.server.sockets.size]).toEqual([0, 0]);
  });

  it('before the host at the close does not keep the socket in the table', async () => {
    const host = await startHost({
      default: ({ method, socket }) => void (method === 'WebSocket:connection' && socket.prependListener('close', throwing('close'))),
    });
    const socket = await open(host);
    const [peer] = host.server.sockets;
    const gone = new Promise((resolve) => peer?.prependListener('close', resolve));
    socket.close();
    await gone;
    // Within the same turn, not at a heartbeat.
    expect(host.server.size).toBe(0);
    expect(host.failures).toMatchObject([{ thrown: { message: 'close' } }]);
  });

  it('runs in an invocation of its connection and under the mark of its code', async () => {
    const seen = recorder<unknown>();
    const host = await startHost({
      default: ({ method, socket }) => {
        if (method !== 'WebSocket:connection') return;
        const module = host.app.functions.get('__websocket__');
        if (module) module.mark = 7;
        socket.on('message', () => seen.record([host.app.calls.current?.connectionId, host.app.calls.attribution.current]));
      },
    });
    const socket = await open(host);
    socket.send('x');
    expect(await seen.seen(1)).toEqual([[host.server.list()[0]?.id, 7]]);
    expect(host.app.calls.attribution.current).toBe(0);
  });

  it('in the callback of send() is logged, and later sends go on', async () => {
    const host = await startHost({
      default: ({ method, socket }) => {
        if (method !== 'WebSocket:message') return;
        socket.send('one', throwing('sent'));
        socket.send('two', { binary: false }, throwing('sent'));
        socket.send('three');
      },
    });
    const socket = await open(host);
    const next = messages(socket);
    socket.send('x');
    expect([await next(), await next(), await next()]).toEqual(['one', 'two', 'three']);
    await vi.waitFor(() => expect(host.failures).toMatchObject([{ thrown: { message: 'sent' } }, { thrown: { message: 'sent' } }]));
    const closing = once(socket, 'close');
    [...host.server.sockets][0]?.close(4000);
    expect(await closing).toMatchObject([4000, expect.anything()]);
  });
});

describe('a function that is disabled', () => {
  it('refuses upgrades with 503 and its reason, and says so once', async () => {
    const host = await startHost();
    host.publish({ default: () => undefined }, 'It hung.');
    const replies = [await handshake(host), await handshake(host)];
    for (const reply of replies) {
      expect(reply).toMatchObject({ status: 503, body: { code: 'FUNCTION_QUARANTINED', error: expect.stringContaining('It hung.') } });
    }
    expect(host.logs).toMatchObject([{ level: 'warn', message: expect.stringContaining('It hung.') }]);
    expect(host.failures).toEqual([]);
  });

  it('drops events of open sockets, says so once and goes on when it is published again', async () => {
    const host = await startHost({ default: () => undefined });
    const socket = await open(host);
    host.publish({ default: () => undefined }, 'It hung.');
    for (let sent = 0; sent < 20; sent += 1) socket.send('dropped');
    socket.ping();
    await once(socket, 'pong');
    expect(host.logs).toMatchObject([{ level: 'warn', connectionId: host.server.list()[0]?.id }]);
    expect([host.failures, socket.readyState]).toEqual([[], socket.OPEN]);
    host.publish({ default: ({ socket: peer }) => peer.send('back') });
    const next = messages(socket);
    socket.send('x');
    expect(await next()).toBe('back');
  });
});

describe('the pulse', () => {
  it('knows that the code of a handler and of upgrade() runs, and only then', async () => {
    const seen = recorder<unknown>();
    const running = (): unknown => host.app.calls.attribution.current;
    const host = await startHost({
      upgrade: () => seen.record(running()),
      default: ({ method }) => {
        seen.record(running());
        if (method === 'WebSocket:message') throw new Error('oops');
      },
    });
    const module = host.app.functions.get('__websocket__');
    if (module) module.mark = 5;
    const socket: WebSocket = await open(host);
    socket.send('x');
    expect(await seen.seen(3)).toEqual([5, 5, 5]);
    expect(running()).toBe(0);
  });
});
