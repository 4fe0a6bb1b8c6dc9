import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type HostOptions, TestHost } from './host.ts';
import { childrenOf, pidOf, untilGone } from './load.ts';

const rounds = Number(process.env['HEAVY_ROUNDS'] ?? 4);
const victims = ['control', 'worker', 'both'] as const;
type Victim = (typeof victims)[number];

let dataDir = '';

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'hearth-kill-'));
});

afterEach(() => rm(dataDir, { recursive: true, force: true }));

/** The source of version `n`: several pages of the database, and told apart from every other. */
function sourceOf(n: number): string {
  return `export default () => ({ n: ${n} });\n// ${`${n} `.repeat(2000)}`;
}

/** What became of the versions sent of some functions that are always published together. */
class Ledger {
  readonly names: readonly string[];
  readonly acknowledged = new Map<number, number>();
  /** Versions whose publish was answered by an error: the host said that nothing was changed. */
  readonly refused = new Set<number>();
  sent = 0;

  constructor(names: readonly string[]) {
    this.names = names;
  }

  /** The newest acknowledged version. */
  get newest(): number {
    return Math.max(0, ...this.acknowledged.keys());
  }

  /** Publishes the next version; rejects when the host is gone before it answers. */
  async publish(host: TestHost): Promise<void> {
    const n = ++this.sent;
    const source = sourceOf(n);
    const [first = '', ...others] = this.names;
    const answer =
      others.length === 0
        ? await host.api('PUT', `/v1/functions/${first}`, { source })
        : await host.api('POST', '/v1/publish', { functions: this.names.map((name) => ({ name, source })) });
    if (answer.status === 503) this.refused.add(n);
    else if (answer.status === 200 || answer.status === 201) this.acknowledged.set(n, toRevision(answer.json));
    else throw new Error(`publish ${n} of ${this.names.join()}: ${answer.status} ${answer.text}`);
  }
}

function toRevision(published: { revision?: number; functions?: readonly { revision: number }[] }): number {
  const revisions = new Set(published.functions?.map(({ revision }) => revision) ?? [published.revision]);
  const [revision] = revisions;
  if (revisions.size !== 1 || revision === undefined) throw new Error(`one revision expected: ${JSON.stringify(published)}`);
  return revision;
}

/** Publishes without a pause, single functions and batches at the same time, until it is stopped or the host is gone. */
class Stream {
  readonly #ledgers: readonly Ledger[];
  readonly #ended: Promise<unknown>;
  #stopping = false;

  constructor(host: TestHost, ledgers: readonly Ledger[]) {
    this.#ledgers = ledgers;
    this.#ended = Promise.all(
      ledgers.map(async (ledger) => {
        while (!this.#stopping) await ledger.publish(host);
      }),
    );
    // Who waits for the end gets the reason; until then nobody may be waiting.
    this.#ended.catch(() => {});
  }

  /** Resolves when each kind of publish was acknowledged so many more times. */
  async more(count: number): Promise<void> {
    const goals = this.#ledgers.map((ledger) => ledger.acknowledged.size + count);
    await Promise.race([
      this.#ended,
      vi.waitUntil(() => this.#ledgers.every((ledger, at) => ledger.acknowledged.size >= (goals[at] ?? 0)), {
        timeout: 20_000,
        interval: 2,
      }),
    ]);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#ended;
  }

  /** Resolves when the host's death has ended the stream; rejects when something else has. */
  async cut(): Promise<void> {
    const reason = await this.#ended.catch((error: unknown) => error);
    this.#stopping = true;
    if (!(reason instanceof TypeError && reason.message === 'fetch failed')) throw reason;
  }
}

/** Everything acknowledged is there and live; answers how many versions the store holds. */
async function checkLedger(host: TestHost, ledger: Ledger): Promise<number> {
  const history: number[] = [];
  const [first = ''] = ledger.names;
  const { revisions } = (await host.api('GET', `/v1/functions/${first}/revisions`)).json;
  for (let revision = 1; revision <= revisions.length; revision++) {
    const sources = await Promise.all(
      ledger.names.map(async (name) => (await host.api('GET', `/v1/functions/${name}/revisions/${revision}`)).json.source as string),
    );
    const n = Number(/n: (\d+)/.exec(sources[0] ?? '')?.[1]);
    expect(sources, `revision ${revision} of ${ledger.names.join()}`).toEqual(ledger.names.map(() => sourceOf(n)));
    history.push(n);
  }
  expect(history, 'versions in the order sent, none twice').toEqual([...new Set(history)].toSorted((a, b) => a - b));
  expect([...ledger.acknowledged].filter(([n, revision]) => history[revision - 1] !== n)).toEqual([]);
  expect([...ledger.refused].filter((n) => history.includes(n))).toEqual([]);
  const live = history.at(-1) ?? 0;
  expect(live).toBeGreaterThanOrEqual(ledger.newest);
  expect(live).toBeLessThanOrEqual(ledger.sent);
  for (const name of ledger.names) {
    expect((await host.api('GET', `/v1/functions/${name}`)).json).toMatchObject({ revision: history.length, source: sourceOf(live) });
    expect((await host.call(`/${name}`)).json).toEqual({ n: live });
    expect((await host.api('GET', `/v1/functions/${name}/revisions`)).json.revisions.length).toBe(history.length);
  }
  return history.length;
}

/** Kills what is to be killed in the middle of the stream; answers the host that serves afterwards, on the same ports. */
async function killAmid(host: TestHost, victim: Victim, ledgers: readonly Ledger[]): Promise<TestHost> {
  const again: HostOptions = { dataDir, port: host.port, consolePort: host.consolePort, env: { HISTORY_LIMIT: '100000' } };
  const stream = new Stream(host, ledgers);
  await stream.more(1 + Math.floor(Math.random() * 15));
  const worker = await host.workerPid();
  const children = await childrenOf(pidOf(host.process));
  // Somewhere inside a publish and not just after one.
  await sleep(Math.random() * 10);
  if (victim !== 'control') process.kill(worker, 'SIGKILL');
  if (victim === 'worker') {
    await stream.more(3);
    await stream.stop();
    return host;
  }
  await host.end('SIGKILL');
  await stream.cut();
  await untilGone(children);
  return TestHost.start(again);
}

describe.skipIf(process.platform !== 'linux')('SIGKILL', () => {
  it(
    `of control, of the worker and of both amid publishes loses nothing acknowledged (${rounds} rounds)`,
    { timeout: 30_000 + rounds * 15_000 },
    async () => {
      const ledgers = [new Ledger(['single']), new Ledger(['left', 'right'])];
      let host = await TestHost.start({ dataDir, env: { HISTORY_LIMIT: '100000' } });
      try {
        for (let round = 0; round < rounds; round++) {
          host = await killAmid(host, victims[round % victims.length] ?? 'both', ledgers);
          for (const ledger of ledgers) expect(await checkLedger(host, ledger)).toBeGreaterThanOrEqual(ledger.acknowledged.size);
        }
        expect(await host.end()).toBe(0);
      } finally {
        await host.end('SIGKILL');
      }
    },
  );

  it('of control ends a worker that hangs in a function, and the next start has the ports', async () => {
    await using host = await TestHost.start({ dataDir });
    const marker = join(dataDir, 'spinning');
    await host.publish(
      'spin',
      `import { writeFileSync } from 'node:fs';\nexport default () => { writeFileSync(${JSON.stringify(marker)}, ''); for (;;) {} };`,
    );
    const answer = host.call('/spin').then(
      ({ status }) => status,
      () => 'cut off',
    );
    await vi.waitUntil(() => existsSync(marker), { timeout: 10_000, interval: 10 });
    const children = await childrenOf(pidOf(host.process));
    expect(children).toContain(await host.workerPid());
    await host.end('SIGKILL');
    await untilGone(children);
    expect(await answer).toBe('cut off');
    await using next = await TestHost.start({ dataDir, port: host.port, consolePort: host.consolePort });
    expect((await next.call('/hello')).status).toBe(200);
  });

  it('of a host again and again right after its start leaves a data folder that the next one takes', async () => {
    let ports: HostOptions = {};
    for (let round = 0; round < 3; round++) {
      const host = await TestHost.start({ dataDir, ...ports });
      ports = { port: host.port, consolePort: host.consolePort };
      const revision = await host.publish('counter', `export default () => ${round};`);
      expect(revision).toBe(round + 1);
      await host.end('SIGKILL');
    }
    await using host = await TestHost.start({ dataDir, ...ports });
    expect((await host.call('/counter')).text).toBe('2');
  });
});
