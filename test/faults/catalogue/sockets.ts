import { type Scene, closing, echo } from '../scene.ts';
import type { Fault } from './fault.ts';

/** Hands an event to the fault's function, then says how the socket answers. */
async function afterwards(scene: Scene): Promise<string> {
  const socket = await scene.message();
  const answer = await echo(socket);
  socket.terminate();
  return answer;
}

const answers = { provoke: afterwards, guilty: /^echo: still there\?$/ } as const;

/** Wrong use of sockets by functions. */
export const sockets: readonly Fault[] = [
  {
    id: 'event-hangs',
    fault: 'the handler of a message never settles: the next message waits until it times out',
    env: { WEBSOCKET_EVENT_TIMEOUT_MS: '500' },
    source: 'export default () => new Promise(() => {});',
    ...answers,
    log: /did not settle within 500 ms/,
  },
  {
    id: 'upgrade-hangs',
    fault: '`upgrade()` never settles',
    env: { UPGRADE_TIMEOUT_MS: '500' },
    provoke: async (scene) => {
      const headers =
        'Host: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
      return scene.raw(`GET /?hang HTTP/1.1\r\n${headers}\r\n\r\n`);
    },
    guilty: /^504 UPGRADE_TIMEOUT$/,
    log: /upgrade/,
  },
  {
    id: 'send-after-close',
    fault: '`socket.send()` after `socket.close()`',
    source: "export default (ctx: any) => { ctx.socket.close(); ctx.socket.send('late'); };",
    provoke: async (scene) => closing(await scene.message()),
    guilty: /^closed with 1005$/,
  },
  {
    id: 'terminate',
    fault: '`socket.terminate()` in its own handler',
    source: 'export default (ctx: any) => { ctx.socket.terminate(); };',
    provoke: async (scene) => closing(await scene.message()),
    guilty: /^closed with 1006$/,
  },
  {
    id: 'send-nonsense',
    fault: '`socket.send(Symbol())`',
    source: 'export default (ctx: any) => { ctx.socket.send(Symbol()); };',
    ...answers,
    log: /error: /,
  },
  {
    id: 'bad-close-code',
    fault: '`socket.close(99)`',
    source: 'export default (ctx: any) => { ctx.socket.close(99); };',
    ...answers,
    log: /valid error code/,
  },
  {
    id: 'remove-socket-listeners',
    fault: '`socket.removeAllListeners()`: this socket receives nothing from then on',
    source: 'export default (ctx: any) => { ctx.socket.removeAllListeners(); };',
    provoke: afterwards,
    guilty: /^no answer$/,
  },
  {
    id: 'emit-socket-error',
    fault: "`socket.emit('error')` without a listener",
    source: "export default (ctx: any) => { setImmediate(() => ctx.socket.emit('error', new Error('pretended'))); };",
    ...answers,
  },
  {
    id: 'destroy-underneath',
    fault: 'the TCP connection under the socket is destroyed',
    source: 'export default (ctx: any) => { ctx.socket._socket.destroy(); };',
    provoke: async (scene) => closing(await scene.message()),
    guilty: /^closed with 1006$/,
  },
  {
    id: 'write-underneath',
    fault: 'bytes written directly to the connection under the socket',
    source: "export default (ctx: any) => { ctx.socket._socket.write('nonsense'); };",
    provoke: async (scene) => closing(await scene.message()),
    guilty: /^closed with 1006$/,
  },
  {
    id: 'slow-consumer',
    fault: 'a function that sends endlessly to a client that does not read (limit 1 MB)',
    env: { WEBSOCKET_BUFFER_LIMIT: '1mb' },
    source:
      "export default (ctx: any) => { const timer = setInterval(() => { if (ctx.socket.readyState !== 1) clearInterval(timer); else for (let i = 0; i < 10; i++) ctx.socket.send('x'.repeat(1e5)); }, 5); };",
    provoke: async (scene) => {
      const socket = await scene.message();
      socket.pause();
      await scene.untilLogged(/Terminated|terminated/);
      socket.resume();
      return closing(socket);
    },
    guilty: /^closed with 1006$/,
    log: /terminated/i,
  },
  {
    id: 'slow-consumers',
    fault: '140 MB sent to ten clients that do not read (limits 16 MB each, 20 MB together)',
    env: { WEBSOCKET_BUFFER_TOTAL: '20mb' },
    source:
      "const text = 'x'.repeat(1e6);\nexport default (ctx: any) => { let left = 14; const timer = setInterval(() => { ctx.socket.send(text); if (--left === 0) clearInterval(timer); }, 20); };",
    provoke: async (scene) => {
      const opened = await Promise.all(Array.from({ length: 10 }, () => scene.message()));
      for (const socket of opened) socket.pause();
      await scene.untilLogged(/were waiting over all sockets/);
      for (const socket of opened) socket.terminate();
      return 'some closed with 1006';
    },
    guilty: /1006/,
    log: /were waiting over all sockets/,
  },
];
