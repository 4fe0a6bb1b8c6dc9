import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { drainHttp } from '../../../../runtime/worker/triggers/http/http-drain.ts';
import { event, type Host, received, startHost } from './host.ts';

let host: Host;
beforeEach(async () => {
  host = await startHost();
});
afterEach(() => host.close());

const long = 60_000;
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

async function open(path?: string): Promise<Socket> {
  const socket = connect({ port: host.port, host: '127.0.0.1' });
  await once(socket, 'connect');
  if (path !== undefined) socket.write(get(path));
  return socket;
}

describe('drainHttp()', () => {
  it('drainHttp() lets calls under way finish and says Connection: close', async () => {
    const go = event();
    host.publish('slow', async () => {
      await go.happened;
      return 'finished';
    });
    const socket = await open('/slow');
    await vi.waitFor(() => expect(host.app.counters.requestsActive).toBe(1));
    const drain = drainHttp(host.server, long);
    expect(host.server.listening).toBe(false);
    go.happen();
    const reply = await received(socket);
    expect(reply).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(reply).toContain('Connection: close');
    expect(reply).toMatch(/finished$/);
    await drain;
  });

  it('drainHttp() answers a request that comes over an idle connection, and closes the others in silence', async () => {
    host.publish('f', () => 'ok');
    const used = await open('/f');
    await once(used, 'data');
    const [idle, unused] = [await open('/f'), await open()];
    await once(idle, 'data');
    const drain = drainHttp(host.server, long);
    used.write(get('/f'));
    const [reply, ...nothing] = await Promise.all([received(used), received(idle), received(unused)]);
    expect(reply).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*Connection: close\r\n[^]*ok$/);
    expect(nothing).toEqual(['', '']);
    await drain;
    expect(host.server.tracked.open.size).toBe(0);
  });

  it('drainHttp() answers all that was pipelined before it says Connection: close', async () => {
    const go = event();
    host.publish('slow', async ({ query }) => {
      await go.happened;
      return query.n;
    });
    const socket = await open();
    socket.write(get('/slow?n=1') + get('/slow?n=2') + get('/slow?n=3'));
    await vi.waitFor(() => expect(host.app.counters.requestsActive).toBe(3));
    const drain = drainHttp(host.server, long);
    go.happen();
    const reply = await received(socket);
    expect(reply.match(/\r\n\r\n\d/g)).toEqual(['\r\n\r\n1', '\r\n\r\n2', '\r\n\r\n3']);
    expect(reply.match(/Connection: \S+/g)).toEqual(['Connection: keep-alive', 'Connection: keep-alive', 'Connection: close']);
    await drain;
  });

  it('drainHttp() closes the connection of a stream that began before it', async () => {
    const go = event();
    host.publish('stream', async ({ response }) => {
      response.write('begin ');
      await go.happened;
      response.end('end');
    });
    const socket = await open('/stream');
    const [begin] = await once(socket, 'data');
    const drain = drainHttp(host.server, long);
    go.happen();
    expect(String(begin) + (await received(socket))).toMatch(/begin [^]*end/);
    await drain;
  });

  it('drainHttp() loses no request of busy clients while another server takes over', async () => {
    const heir = await startHost();
    const [began, through] = [8, 400];
    for (const [name, { publish }] of [
      ['old', host],
      ['new', heir],
    ] as const) {
      publish('f', async () => {
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
        return name;
      });
    }
    // Stands for the listening socket that both have: what the old one no longer accepts is the new one's.
    let current = host.server;
    const door = createServer({ allowHalfOpen: true }, (socket) => void current.emit('connection', socket));
    door.listen(0, '127.0.0.1');
    await once(door, 'listening');
    const address = door.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const answers: string[] = [];
    const client = async (): Promise<void> => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      for (let n = 0; n < through; n++) answers.push(await ask(agent, port));
      agent.destroy();
    };
    const clients = Array.from({ length: began }, client);
    await vi.waitFor(() => expect(answers.length).toBeGreaterThan(200));
    current = heir.server;
    await drainHttp(host.server, long);
    await Promise.all(clients);
    expect(answers).toHaveLength(began * through);
    expect(new Set(answers)).toEqual(new Set(['old', 'new']));
    door.close();
    await heir.close();
  });

  it('drainHttp() aborts and destroys what is left at its deadline', async () => {
    const reasons: unknown[] = [];
    host.publish('never', ({ signal }) => {
      signal?.addEventListener('abort', () => reasons.push(signal.reason));
      return new Promise(() => undefined);
    });
    const socket = await open('/never');
    await vi.waitFor(() => expect(host.app.counters.requestsActive).toBe(1));
    await drainHttp(host.server, 20);
    expect(reasons).toEqual([expect.objectContaining({ name: 'AbortError' })]);
    expect(await received(socket)).toBe('');
  });

  it('drainHttp() leaves upgraded connections alone and does not wait for them', async () => {
    host.server.on('upgrade', (_request, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
      socket.on('data', (chunk) => socket.write(chunk));
    });
    const socket = await open();
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    await once(socket, 'data');
    await drainHttp(host.server, 0);
    socket.write('alive');
    const [echo] = await once(socket, 'data');
    expect(String(echo)).toBe('alive');
    for (const left of host.server.tracked.open.keys()) left.destroy();
  });
});

function ask(agent: Agent, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ agent, port, host: '127.0.0.1', path: '/f' }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.once('end', () => resolve(text));
      response.once('error', reject);
    });
    request.once('error', reject);
    request.end();
  });
}
