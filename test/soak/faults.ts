import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { api, type Ground, install } from './ground.ts';
import type { Random } from './random.ts';
import { request, Unanswered } from './request.ts';

/** What functions do wrong that the worker survives, by name. */
const guarded: Readonly<Record<string, string>> = {
  loop: 'export default () => { for (;;) {} }',
  'loop-after-await': 'export default async () => { await null; while (true) {} }',
  'loop-microtask': 'export default () => { const again = (): any => Promise.resolve().then(again); return again(); }',
  'loop-tick': 'export default () => new Promise(() => { const again = () => process.nextTick(again); again(); })',
  'loop-timer': `export default () => { setTimeout(() => { for (;;) {} }, 10); return 'begun'; }`,
  'loop-getter': 'export default () => ({ get x() { for (;;) {} } })',
  swallow: 'export default () => { while (true) { try { while (true) {} } catch {} } }',
  recursion: 'const f = (n: number): number => n < 2 ? n : f(n - 1) + f(n - 2);\nexport default () => f(60);',
  overflow: 'export default () => { const f = (): any => f(); return f(); }',
  throw: `export default () => { throw new Error('thrown'); }`,
  'throw-null': 'export default () => { throw null; }',
  'throw-proxy': `export default () => { throw new Proxy({}, { get() { throw new Error('trap'); } }); }`,
  'throw-late': `export default () => { setTimeout(() => { throw new Error('late'); }, 5); return 'begun'; }`,
  'reject-late': `export default () => { void Promise.reject(new Error('nobody waits')); return 'begun'; }`,
  never: 'export default () => new Promise(() => {})',
  'emit-error': `import { EventEmitter } from 'node:events';\nexport default () => { setImmediate(() => new EventEmitter().emit('error', new Error('emitted'))); return 'begun'; }`,
  logs: `export default () => { for (let n = 0; n < 4000; n++) console.log('flood ' + n, 'x'.repeat(100)); return 'logged'; }`,
  timers: `export default () => { for (let n = 0; n < 500; n++) setInterval(() => {}, 1000); return 'begun'; }`,
  exit: 'export default () => { process.exit(1); }',
  circular: 'export default () => { const a: any = {}; a.a = a; return a; }',
  fds: `import { closeSync, openSync } from 'node:fs';
import cloud from '@lafjs/cloud';
export default (ctx) => {
  const open = cloud.shared.get('soak-fds') ?? [];
  if (ctx.query.close) for (const fd of open.splice(0)) closeSync(fd);
  else for (let n = 0; n < 20; n++) open.push(openSync('/dev/null', 'r'));
  cloud.shared.set('soak-fds', open);
  return open.length;
};`,
  children: `import { spawn } from 'node:child_process';\nexport default () => spawn('sleep', ['4'], { stdio: 'ignore' }).pid;`,
  slow: `export default async (ctx) => { await new Promise((resolve) => setTimeout(resolve, 400)); return 'x'.repeat(1e6); }`,
};

/** Neither a guard nor V8's linear engine reaches a regular expression with a backreference. */
const stuckSource = `export default () => /^(a+)+\\1$/.test('a'.repeat(60) + '!');`;

const bombs: Readonly<Record<string, string>> = {
  'bomb-heap': 'export default () => { const all: any[] = []; for (;;) all.push(new Array(1e5).fill(all.length)); }',
  // The loop turns meanwhile: no guard stops it, and nobody is seen running.
  'bomb-slow': `export default async () => {
  const all: any[] = [];
  for (;;) {
    all.push(Buffer.alloc(4e6, 1));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}`,
  'bomb-buffer': 'export default () => { const all: any[] = []; for (;;) all.push(Buffer.alloc(1e7, 1)); }',
};

const sourceOf: ReadonlyMap<string, string> = new Map(
  Object.entries({ ...guarded, ...bombs }).map(([name, source]) => [`fault-${name}`, source]),
);

/** Whether this function is one that may be blamed for the end of a worker. */
export function isFault(name: string): boolean {
  return name.startsWith('fault-');
}

/** Publishes every faulty function that the worker survives, and the bombs. */
export async function installFaults(ground: Ground): Promise<void> {
  for (const [name, source] of sourceOf) await install(ground, name, source);
}

/** Calls a faulty function: any answer will do, also none. */
async function call({ host, journal }: Ground, name: string, query = ''): Promise<string> {
  const outcome = await request({ port: host.port, path: `/${name}${query}` }).then(
    ({ status, json }) => `${status}${typeof json?.code === 'string' ? ` ${json.code}` : ''}`,
    (error: unknown) => (error instanceof Unanswered ? error.code : String(error)),
  );
  journal.count(`${name}: ${outcome}`);
  return outcome;
}

type Provoke = (ground: Ground, random: Random) => Promise<unknown>;

/** What clients do wrong, by name. */
const clients: Readonly<Record<string, Provoke>> = {
  async 'aborted upload'({ host }) {
    const socket = await open(host.port);
    socket.write(
      'POST /good-upload HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=soak\r\nContent-Length: 900000\r\n\r\n',
    );
    socket.write('--soak\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n');
    socket.write(Buffer.alloc(300_000, 'x'));
    await sleep(60);
    socket.destroy();
  },
  async 'aborted request'({ host }) {
    const socket = await open(host.port);
    socket.write('GET /fault-slow HTTP/1.1\r\nHost: a\r\n\r\n');
    await sleep(50);
    socket.resetAndDestroy();
  },
  async 'slow reader'({ host }) {
    const socket = await open(host.port);
    socket.pause();
    for (let n = 0; n < 5; n++) socket.write('GET /fault-slow HTTP/1.1\r\nHost: a\r\n\r\n');
    await sleep(3_000);
    socket.destroy();
  },
  async 'malformed HTTP'({ host }, random) {
    const socket = await open(host.port);
    const texts = ['\0\u0001\u0002 nonsense\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n'];
    const header = `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`;
    const chunked = 'POST /good-json HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n';
    socket.write(random.pick([...texts, header, chunked]));
    await sleep(100);
    socket.destroy();
  },
  async 'half-open connection'({ host }) {
    const socket = await open(host.port);
    socket.write('GET /good-sync HTTP/1.1\r\nHost:');
    await sleep(3_000);
    socket.destroy();
  },
  async 'frame flood'(ground) {
    const socket = await openSocket(ground, 'flood');
    for (let n = 0; n < 2_000 && socket.readyState === WebSocket.OPEN; n++) socket.send(`flood ${n}`);
    await sleep(300);
    socket.terminate();
  },
  async 'broken frames'({ host }) {
    const socket = await open(host.port);
    const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13';
    socket.write(`GET /__websocket__?id=broken HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${key}\r\n\r\n`);
    await sleep(50);
    socket.write(Buffer.alloc(64, 0xff));
    await sleep(50);
    socket.destroy();
  },
  async 'slow socket'(ground) {
    const socket = await openSocket(ground, 'slow');
    socket.pause();
    socket.send('pour');
    await sleep(1_500);
    socket.terminate();
  },
  async 'socket that loops'(ground) {
    const socket = await openSocket(ground, 'loop');
    socket.send('loop');
    await sleep(600);
    socket.close();
  },
  async 'socket that throws'(ground) {
    const socket = await openSocket(ground, 'throw');
    for (let n = 0; n < 5; n++) socket.send('throw');
    await sleep(100);
    socket.close();
  },
  async 'socket that never settles'(ground) {
    const socket = await openSocket(ground, 'never');
    for (let n = 0; n < 5; n++) socket.send('never');
    await sleep(1_000);
    socket.terminate();
  },
  async 'draft that loops'(ground) {
    await api(ground, 'POST', '/v1/functions/good-sync/run', { source: 'export default () => { for (;;) {} }' });
  },
};

function open(port: number): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    // What it meets is the soak's doing.
    socket.on('error', () => resolve(socket));
  });
}

function openSocket({ host }: Ground, id: string): Promise<WebSocket> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${host.port}/__websocket__?id=${id}`);
    socket.on('open', () => resolve(socket));
    socket.on('close', () => resolve(socket));
    socket.on('error', () => {});
  });
}

/** The names of all faults that the worker survives. */
export const keptFaults: readonly string[] = [...Object.keys(guarded), ...Object.keys(clients)];

/** Provokes a fault that the worker survives. */
export async function provoke(ground: Ground, random: Random, fault: string): Promise<void> {
  const end = ground.journal.begin(`fault ${fault}`);
  try {
    const client = clients[fault];
    if (client) await client(ground, random);
    else await call(ground, `fault-${fault}`);
    if (fault === 'fds') await call(ground, 'fault-fds', '?close=1');
    // What its calls have started ends only with the function.
    if (fault === 'timers') await api(ground, 'DELETE', '/v1/functions/fault-timers');
    if (fault === 'timers') await install(ground, 'fault-timers', sourceOf.get('fault-timers') ?? '');
  } finally {
    end();
  }
}

/** A function that hangs where nothing reaches it ends its worker and is disabled; a publish enables it again. */
export async function provokeStuck(ground: Ground): Promise<void> {
  const { host, journal } = ground;
  const end = journal.begin('stuck fault-stuck');
  try {
    await install(ground, 'fault-stuck', stuckSource);
    const outcome = await call(ground, 'fault-stuck');
    if (outcome.startsWith('2')) journal.wrong(`fault-stuck answered ${outcome}`);
  } finally {
    end();
  }
  // The worker is dead by now; the answer comes from the next one.
  const off = await request({ port: host.port, path: '/fault-stuck' });
  if (off.json?.code !== 'FUNCTION_QUARANTINED') journal.wrong(`fault-stuck is not disabled: ${off.status} ${off.text.slice(0, 200)}`);
  await install(ground, 'fault-stuck', `export default () => 'mended';`);
  const mended = await request({ port: host.port, path: '/fault-stuck' });
  if (mended.text !== 'mended') journal.wrong(`fault-stuck was published, and answers ${mended.status} ${mended.text.slice(0, 200)}`);
}

/** Fills the memory; whether a guard stops it or the worker ends depends on who is faster. */
export async function provokeBomb(ground: Ground, name: string): Promise<void> {
  const end = ground.journal.begin(`bomb ${name}`);
  try {
    await call(ground, `fault-${name}`);
  } finally {
    end();
  }
  // It may have been disabled.
  await install(ground, `fault-${name}`, sourceOf.get(`fault-${name}`) ?? '');
}

/** The names of the bombs. */
export const bombNames: readonly string[] = Object.keys(bombs);
