import { once } from 'node:events';
import net from 'node:net';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { openConsole } from '../../../runtime/control/console/console-server.ts';
import { startConsole, type TestConsole, upgrade } from './host.ts';

const language = {
  connect: (socket: WebSocket) => void socket.on('message', (data: Buffer) => socket.send(`echo ${data.length}`)),
  readSource: async () => undefined,
};

async function connect(console: TestConsole, cookie: string): Promise<WebSocket> {
  const socket = await upgrade(console.port, '/_/language', { cookie, origin: console.origin });
  if (!(socket instanceof WebSocket)) throw new Error(`refused: ${socket}`);
  return socket;
}

describe('createUpgrades()', () => {
  it('connects who is signed in to the language service', async () => {
    const console = await startConsole({ language });
    const socket = await connect(console, await console.signIn());
    socket.send('x'.repeat(1_000_000));
    expect(String((await once(socket, 'message'))[0])).toBe('echo 1000000');
  });

  it('refuses who is not, any other path, and all when there is no language service, in plain HTTP', async () => {
    const console = await startConsole({ language });
    const cookie = await console.signIn();
    expect(await upgrade(console.port, '/_/language')).toBe(401);
    expect(await upgrade(console.port, '/_/language', { cookie: `hearth_console_${console.port}=forged` })).toBe(401);
    for (const path of ['/', '/v1/logs/stream', '/_/languages', '/_/api/v1/status']) {
      expect([path, await upgrade(console.port, path, { cookie })]).toEqual([path, 404]);
    }
    const without = await startConsole();
    expect(await upgrade(without.port, '/_/language', { cookie: await without.signIn() })).toBe(404);
  });

  it('answers a handshake that is none, also of a peer that resets the connection', async () => {
    const console = await startConsole({ language });
    const cookie = await console.signIn();
    const request = `GET /_/language HTTP/1.1\r\nHost: 127.0.0.1:${console.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nCookie: ${cookie}\r\n\r\n`;
    const socket = net.connect(console.port, '127.0.0.1');
    socket.write(request);
    expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1\.1 400 /);
    socket.destroy();
    const other = net.connect(console.port, '127.0.0.1');
    await once(other, 'connect');
    other.write(request);
    other.resetAndDestroy();
    expect((await console.call('GET', '/_/healthz')).status).toBe(200);
  });

  it('closes a socket with 1009 beyond 8 MiB, with 1008 at sign-out and with 1001 at the end', async () => {
    const console = await startConsole({ language });
    const cookie = await console.signIn();
    const [large, own, other] = [
      await connect(console, cookie),
      await connect(console, cookie),
      await connect(console, await console.signIn()),
    ];
    const closed = once(large, 'close');
    large.send('x'.repeat(8 * 1024 * 1024 + 1));
    expect((await closed)[0]).toBe(1009);
    const signedOut = once(own, 'close');
    await console.call('DELETE', '/_/session', { headers: { cookie } });
    expect((await signedOut)[0]).toBe(1008);
    expect(other.readyState).toBe(WebSocket.OPEN);
    const gone = once(other, 'close');
    await console.close();
    expect((await gone)[0]).toBe(1001);
  });

  it('is answered 503 while the host waits for its store', async () => {
    const server = await openConsole('127.0.0.1', 0);
    expect(await upgrade(server.port, '/_/language')).toBe(503);
    await server.close();
  });
});
