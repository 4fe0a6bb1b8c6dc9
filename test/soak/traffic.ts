import { createHash } from 'node:crypto';
import { Agent } from 'node:http';
import { type Ground, repeat, type Running } from './ground.ts';
import type { Random } from './random.ts';
import { type Ask, type Reply, request, Unanswered } from './request.ts';

/** A request, and what is wrong with its answer, if anything. */
interface Job {
  readonly ask: Omit<Ask, 'port' | 'agent'>;
  check(reply: Reply): boolean;
}

type MakeJob = (random: Random) => Job;

const jobs: readonly MakeJob[] = [
  () => ({ ask: { path: '/good-sync' }, check: ({ text }) => text === 'sync' }),
  (random) => {
    const n = String(random.int(0, 1e9));
    return { ask: { path: `/good-async?n=${n}` }, check: ({ json }) => json?.n === n };
  },
  (random) => {
    const body = JSON.stringify({ n: random.next(), text: 'ä'.repeat(random.int(0, 2_000)), list: [1, null, { a: true }] });
    const ask = { path: '/good-json', method: 'POST', headers: { 'content-type': 'application/json' }, body };
    return { ask, check: ({ text }) => text === body };
  },
  (random) => {
    const n = random.int(0, 1e9);
    return { ask: { path: `/good-import?n=${n}` }, check: ({ json }) => json?.doubled === n * 2 && json.invoked === 'sync' };
  },
  // Both are always published together.
  () => ({ ask: { path: '/pair' }, check: ({ json }) => typeof json?.own === 'number' && json.own === json.lib }),
  (random) => toUpload(random),
];

/** A form with one file. */
function toUpload(random: Random): Job {
  const content = Buffer.alloc(random.int(1, 100_000), String(random.next()));
  const body = toForm('file.bin', content);
  const hash = createHash('sha256').update(content).digest('hex');
  const ask = { path: '/good-upload', method: 'POST', headers: { 'content-type': 'multipart/form-data; boundary=soak' }, body };
  return { ask, check: ({ json }) => json?.size === content.length && json.hash === hash };
}

function toForm(name: string, content: Buffer): Buffer {
  const head = `--soak\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: application/octet-stream\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), content, Buffer.from('\r\n--soak--\r\n')]);
}

/** Sends a good request; answers the reply, or undefined when it failed, which is in the journal by then. */
export async function good({ host, journal }: Ground, { ask, check }: Job, agent?: Agent): Promise<Reply | undefined> {
  const from = Date.now();
  const what = `request ${ask.method ?? 'GET'} ${ask.path}`;
  try {
    const reply = await request({ port: host.port, ...ask, ...(agent && { agent }) });
    journal.count('requests');
    journal.took('request', from);
    if (reply.status === 200 && check(reply)) return reply;
    journal.failed({ from, until: Date.now(), what, error: `${reply.status} ${reply.text.slice(0, 300)}` });
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error;
    journal.failed({
      from,
      until: Date.now(),
      what,
      error: `${error.code} ${error.message}`,
      ...(error.code !== 'TIMEOUT' && { excuse: 'takeover' }),
    });
  }
  return undefined;
}

/** Good HTTP clients, some of which keep their connection. */
export function startTraffic(ground: Ground, clients: { readonly keepAlive: number; readonly fresh: number }): Running {
  const agents: Agent[] = [];
  const start = (name: string, agent?: Agent): Running => {
    const random = ground.random.fork(name);
    if (agent) agents.push(agent);
    return repeat(
      () => good(ground, random.pick(jobs)(random), agent),
      () => random.int(20, 120),
    );
  };
  const running = [
    ...Array.from({ length: clients.keepAlive }, (_, n) => start(`keep-alive ${n}`, new Agent({ keepAlive: true, maxSockets: 1 }))),
    ...Array.from({ length: clients.fresh }, (_, n) => start(`fresh ${n}`)),
  ];
  return {
    async stop() {
      await Promise.all(running.map((client) => client.stop()));
      for (const agent of agents) agent.destroy();
    },
  };
}
