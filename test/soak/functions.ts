/** The functions of good traffic, by name. */
export const goodFunctions: Readonly<Record<string, string>> = {
  'good-sync': `export default () => 'sync';`,
  'good-async': `export default async (ctx) => {
  await new Promise((resolve) => setTimeout(resolve, 5));
  return { n: ctx.query.n };
};`,
  'good-json': `export default (ctx) => ctx.body;`,
  'good-upload': `import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
export default async (ctx) => {
  const file = ctx.files[0];
  const content = await readFile(file.path);
  return { name: file.originalname, size: content.length, hash: createHash('sha256').update(content).digest('hex') };
};`,
  'lib/good': `export const double = (n: number) => n * 2;`,
  'good-import': `import { double } from '@/lib/good';
import cloud from '@lafjs/cloud';
export default async (ctx) => ({ doubled: double(Number(ctx.query.n)), invoked: await cloud.invoke('good-sync', {}) });`,
  'good-beacon': `export default (ctx) => {
  console.log('beacon ' + ctx.query.n);
  return { n: ctx.query.n };
};`,
  'good-push': `import cloud from '@lafjs/cloud';
export default (ctx) => {
  const socket = cloud.shared.get('soak-sockets')?.get(ctx.query.id);
  if (socket?.readyState !== 1) return { sent: false };
  socket.send('push ' + ctx.query.n);
  return { sent: true };
};`,
  __websocket__: `import cloud from '@lafjs/cloud';
const sockets = cloud.shared.get('soak-sockets') ?? new Map();
cloud.shared.set('soak-sockets', sockets);
export default async function (ctx) {
  const { socket } = ctx;
  if (!socket) return 'sockets';
  const { id } = ctx.query;
  if (ctx.method === 'WebSocket:connection') sockets.set(id, socket);
  if (ctx.method === 'WebSocket:close' && sockets.get(id) === socket) sockets.delete(id);
  if (ctx.method !== 'WebSocket:message') return;
  const text = String(ctx.params.data);
  if (text.startsWith('echo ')) socket.send(text);
  else if (text === 'pour') for (let n = 0; n < 100; n++) socket.send(Buffer.alloc(65536, n));
  else if (text === 'loop') for (;;) {}
  else if (text === 'throw') throw new Error('thrown for a message');
  else if (text === 'never') return new Promise(() => {});
}`,
  'soak-fill': `export default () => { for (let n = 0; n < 500; n++) console.log('filling '.repeat(15)); }`,
  'soak-measure': `import { readdirSync } from 'node:fs';
import v8 from 'node:v8';
import vm from 'node:vm';
import cloud from '@lafjs/cloud';
v8.setFlagsFromString('--expose-gc');
const gc = vm.runInNewContext('gc');
export default async () => {
  for (let round = 0; round < 4; round++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { heapUsed, rss, external } = process.memoryUsage();
  const fds = readdirSync('/proc/self/fd').length;
  return { pid: process.pid, heapUsed, rss, external, fds, resources: process.getActiveResourcesInfo(), sockets: cloud.sockets.size };
};`,
};
