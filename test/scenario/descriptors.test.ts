import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { TestHost } from './host.ts';

const limit = 256;
const patience = { timeout: 20_000, interval: 20 };

const source = `
export default async function (ctx: FunctionContext) {
  if (ctx.method === 'WebSocket:message') ctx.socket!.send(ctx.params.data);
  if (!ctx.socket) return 'here';
}`;

/** Connects; answers the socket once it is open, undefined if it was closed instead. */
async function connect(host: TestHost): Promise<WebSocket | undefined> {
  const socket = new WebSocket(`${host.url.replace('http', 'ws')}/__websocket__`);
  socket.on('error', () => {});
  onTestFinished(() => socket.terminate());
  const opened = new Promise<WebSocket | undefined>((resolve) => {
    socket.once('open', () => resolve(socket));
    socket.once('close', () => resolve(undefined));
  });
  return opened;
}

/** Gives every worker from the next one on so few descriptors. */
async function limitDescriptors(host: TestHost): Promise<number> {
  const first = await host.workerPid();
  execFileSync('prlimit', ['--pid', String(host.process.pid), `--nofile=${limit}:${limit}`]);
  // The standby was started before.
  for (let restart = 0; restart < 2; restart++) await host.api('POST', '/v1/worker/restart');
  await vi.waitFor(async () => expect(await host.workerPid()).not.toBe(first), patience);
  return host.workerPid();
}

it.runIf(process.platform === 'linux')(
  'a host without a free descriptor keeps its sockets, says so once, and serves again',
  { timeout: 60_000 },
  async () => {
    await using host = await TestHost.start();
    await host.publish('__websocket__', source);
    const pid = await limitDescriptors(host);
    const sockets: WebSocket[] = [];
    for (let refused = 0; refused < 5;) {
      const socket = await connect(host);
      if (socket) sockets.push(socket);
      else refused++;
      expect(sockets.length).toBeLessThan(limit);
    }
    expect(sockets.length).toBeGreaterThan(limit / 2);
    await vi.waitFor(() => expect(host.output).toContain('for WebSockets'), patience);

    // Metrics and the watchdog look several times while there is none.
    await vi.waitFor(async () => {
      const { counters } = (await host.api('GET', '/v1/status')).json;
      expect(counters.connections).toBe(sockets.length);
    }, patience);
    for (const socket of sockets) {
      socket.send('still there');
      await once(socket, 'message');
    }

    for (const socket of sockets.splice(0, 20)) {
      socket.close();
      await once(socket, 'close');
    }
    await vi.waitFor(async () => expect(await connect(host)).toBeDefined(), patience);
    expect((await host.call('/__websocket__')).text).toBe('here');
    expect(await host.workerPid()).toBe(pid);
    expect(host.output.match(/for WebSockets/g)).toHaveLength(1);
    expect(host.output).not.toContain('EMFILE');
  },
);
