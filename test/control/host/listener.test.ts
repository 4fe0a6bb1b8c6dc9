import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { bindListener, type Listener } from '../../../runtime/control/host/listener.ts';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function bind(port = 0): Promise<Listener> {
  const listener = await bindListener('127.0.0.1', port);
  closing.push(() => listener.close());
  return listener;
}

async function occupy(): Promise<{ server: Server; port: number }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close());
  return { server, port: (server.address() as AddressInfo).port };
}

/** What a connection to the port gets: the first text it is sent, or the code of its error. */
function reach(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('data', (data) => {
      resolve(String(data));
      socket.destroy();
    });
    socket.once('error', (error) => resolve('code' in error ? String(error.code) : error.message));
  });
}

describe('bindListener()', () => {
  it('binds a free port for 0, on which a server can listen', async () => {
    const { port, handle } = await bind();
    expect(port).toBeGreaterThan(0);
    const server = createServer((socket) => socket.end('served'));
    server.listen(handle);
    closing.push(() => server.close());
    await once(server, 'listening');
    expect(await reach(port)).toBe('served');
  });

  it('does not accept by itself', async () => {
    const { port } = await bind();
    expect(await reach(port)).toBe('ECONNREFUSED');
  });

  it('close() lets go of the port', async () => {
    const { port, close } = await bindListener('127.0.0.1', 0);
    close();
    const server = createServer().listen(port, '127.0.0.1');
    closing.push(() => server.close());
    await once(server, 'listening');
    expect((server.address() as AddressInfo).port).toBe(port);
  });

  it('takes a port that becomes free while it tries', async () => {
    const { server, port } = await occupy();
    const bound = bind(port);
    // The first attempt has failed by the time that a connection was accepted and ended.
    server.once('connection', (socket) => {
      socket.destroy();
      server.close();
    });
    connect(port, '127.0.0.1').on('error', () => undefined);
    expect((await bound).port).toBe(port);
  });

  it('rejects with PORT_UNAVAILABLE when the port stays taken', async () => {
    const { port } = await occupy();
    await expect(bindListener('127.0.0.1', port)).rejects.toMatchObject({
      code: 'PORT_UNAVAILABLE',
      details: { host: '127.0.0.1', port, reason: 'EADDRINUSE', variable: 'PORT' },
    });
  });

  it('rejects with PORT_UNAVAILABLE at once for an address that is not this machine’s', async () => {
    await expect(bindListener('192.0.2.1', 0)).rejects.toMatchObject({ code: 'PORT_UNAVAILABLE', details: { reason: 'EADDRNOTAVAIL' } });
  });
});
