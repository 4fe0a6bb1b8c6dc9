import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { closing, echo, rawHandshake } from '../scene.ts';
import type { Fault } from './fault.ts';

const stranger = '127.0.0.2';

/** WebSocket clients that mean ill, or fail. */
export const peers: readonly Fault[] = [
  {
    id: 'upgrade-flood',
    fault: '100 handshakes at once from one address (limit 10 a second, 20 at once)',
    env: { ADDRESS_UPGRADE_LIMIT: '10' },
    provoke: async (scene) => {
      const one = async (): Promise<string> => {
        const socket = net.connect({ host: '127.0.0.1', port: scene.host.port, localAddress: stranger });
        socket.on('error', () => {});
        socket.write(rawHandshake);
        const [chunk] = await once(socket, 'data');
        socket.destroy();
        return /^HTTP\/1.1 (\d+)/.exec(String(chunk))?.[1] ?? 'nothing';
      };
      const seen = await Promise.all(Array.from({ length: 100 }, one));
      return [...new Set(seen)].toSorted().join(' and ');
    },
    guilty: /^101 and 429$/,
  },
  {
    id: 'frame-flood',
    fault: 'a client that sends 20,000 messages at once',
    provoke: async (scene) => {
      const socket = await scene.host.connect();
      let received = 0;
      const all = new Promise<void>((resolve) =>
        socket.on('message', () => {
          if (++received === 20_000) resolve();
        }),
      );
      for (let i = 0; i < 20_000; i++) socket.send(String(i));
      await all;
      socket.terminate();
      return `${received} echoes`;
    },
    guilty: /^20000 echoes$/,
  },
  {
    id: 'flood-of-slow-event',
    alone: true,
    fault: '20,000 messages at once to a slow handler: the host reads from the socket no faster than the handler works',
    source: 'export default () => new Promise((resolve) => setTimeout(resolve, 20));',
    provoke: async (scene) => {
      const socket = await scene.host.connect();
      socket.on('error', () => {});
      for (let i = 0; i < 20_000; i++) socket.send(`fault ${scene.name}`);
      await sleep(1000);
      const waits = socket.bufferedAmount > 0 || (await queued(scene.host)) < 20_000;
      socket.terminate();
      return waits ? 'slowed down' : 'all taken in';
    },
    guilty: /slowed down/,
  },
  {
    id: 'flood-of-failing-event',
    alone: true,
    fault: '5,000 messages at once to a handler that rejects',
    source: "export default async () => { throw new Error('every time'); };",
    provoke: async (scene) => {
      const socket = await scene.host.connect();
      for (let i = 0; i < 5_000; i++) socket.send(`fault ${scene.name}`);
      const answer = await echo(socket);
      socket.terminate();
      return answer;
    },
    guilty: /^echo: still there\?$/,
    log: /every time/,
  },
  {
    id: 'giant-message',
    fault: 'a message of 5 MB (limit 1 MiB)',
    provoke: async (scene) => {
      const socket = await scene.host.connect();
      socket.on('error', () => {});
      socket.send(Buffer.alloc(5e6));
      return closing(socket);
    },
    guilty: /^closed with 1009$/,
  },
  {
    id: 'endless-message',
    fault: 'an endless message in fragments',
    provoke: async (scene) => {
      const socket = await scene.host.connect();
      socket.on('error', () => {});
      const timer = setInterval(() => {
        if (socket.readyState === WebSocket.OPEN) socket.send(Buffer.alloc(1e5), { fin: false });
      }, 2);
      const end = await closing(socket);
      clearInterval(timer);
      return end;
    },
    guilty: /^closed with 1009$/,
  },
  {
    id: 'malformed-frames',
    fault: 'frames that are not WebSocket frames',
    provoke: async (scene) => {
      const socket = net.connect(scene.host.port, '127.0.0.1');
      const chunks: Buffer[] = [];
      socket.on('data', (chunk) => chunks.push(chunk));
      socket.on('error', () => {});
      socket.write(rawHandshake);
      await once(socket, 'data');
      socket.write(Buffer.alloc(100, 0xff));
      await once(socket, 'close');
      const answer = Buffer.concat(chunks);
      const frame = answer.subarray(answer.indexOf('\r\n\r\n') + 4);
      return frame[0] === 0x88 ? `closed with ${frame.readUInt16BE(2)}` : 'closed without a frame';
    },
    guilty: /^closed with 1002$/,
  },
  {
    id: 'invalid-utf8',
    fault: 'a text message that is not UTF-8',
    provoke: async (scene) => {
      const socket = await scene.host.connect();
      socket.on('error', () => {});
      socket.send(Buffer.from([0xff, 0xfe]), { binary: false });
      return closing(socket);
    },
    guilty: /^closed with 1007$/,
  },
  {
    id: 'ping-flood',
    fault: '20,000 pings at once: more than 60 pongs waiting to be sent end the socket',
    provoke: async (scene) => {
      const socket = await scene.host.connect();
      for (let i = 0; i < 20_000; i++) socket.ping();
      const answer = await echo(socket);
      socket.terminate();
      return answer;
    },
    guilty: /^closed (with 1006|before)$/,
  },
];

async function queued(host: {
  api(method: string, path: string): Promise<{ json: { connections: readonly { queued: number }[] } }>;
}): Promise<number> {
  const { connections } = (await host.api('GET', '/v1/connections')).json;
  return Math.max(0, ...connections.map((one) => one.queued));
}
