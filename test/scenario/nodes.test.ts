import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { findMongod, TestMongod } from '../mongod.ts';
import { TestHost } from './host.ts';
import { Load } from './load.ts';

const patience = { timeout: 30_000, interval: 10 };
/** Publishes of a run; the heavy form is what the design promises. */
const publishes = process.env['HEAVY_ROUNDS'] ? 500 : 60;

describe.skipIf(findMongod() === undefined && !process.env['CI'])('two hosts on one MongoDB', { timeout: 180_000 }, () => {
  let mongod: TestMongod;
  let databases = 0;
  beforeAll(async () => {
    mongod = await TestMongod.start();
  }, 60_000);
  afterAll(() => mongod[Symbol.asyncDispose]());

  async function startTwo(): Promise<readonly [TestHost, TestHost]> {
    databases += 1;
    const env = { MONGODB_URI: mongod.uri(`nodes-${databases}`) };
    // At once: both find an empty database.
    return Promise.all([TestHost.start({ env }), TestHost.start({ env })]);
  }

  const answering = (value: string): string => `export default () => ${JSON.stringify(value)};`;

  async function untilLive(host: TestHost, name: string, value: string): Promise<void> {
    await vi.waitFor(async () => expect((await host.call(`/${name}`)).text).toBe(value), patience);
  }

  /** What is live on a host, by name. */
  async function liveOn(host: TestHost): Promise<Record<string, number>> {
    const { functions } = (await host.api('GET', '/v1/functions')).json;
    return Object.fromEntries(functions.map(({ name, revision }: { name: string; revision: number }) => [name, revision]));
  }

  async function untilSame(one: TestHost, other: TestHost): Promise<void> {
    await vi.waitFor(async () => expect(await liveOn(one)).toEqual(await liveOn(other)), patience);
  }

  it('started at once on an empty database share the starter functions, the secret and their tokens', async () => {
    const [a, b] = await startTwo();
    await using _a = a;
    await using _b = b;
    expect(await liveOn(a)).toEqual({ __websocket__: 1, demo: 1, hello: 1, push: 1 });
    await untilSame(a, b);
    await a.publish('sign', "import cloud from '@lafjs/cloud';\nexport default () => cloud.getToken({ id: 'ada' });");
    await b.publish('who', 'export default (ctx: any) => ctx.user?.id;');
    await untilSame(a, b);
    const { text: token } = await a.call('/sign');
    expect((await b.call('/who', { headers: { authorization: `Bearer ${token}` } })).text).toBe('ada');
  });

  it('each get what the other publishes, batches as a whole, deletions and rollbacks too', async () => {
    const [a, b] = await startTwo();
    await using _a = a;
    await using _b = b;
    await a.publish('one', answering('from a'));
    await untilLive(b, 'one', 'from a');
    const pair = (value: string) => ({
      functions: [
        { name: 'lib/value', source: `export const value = ${JSON.stringify(value)};` },
        { name: 'pair', source: `import { value } from '@/lib/value';\nexport default () => value + ${JSON.stringify(value)};` },
      ],
    });
    const halves: string[] = [];
    for (const value of ['x', 'y', 'z']) {
      expect((await b.api('POST', '/v1/publish', pair(value))).status).toBe(200);
      await vi.waitFor(async () => {
        const { text, status } = await a.call('/pair');
        // Never half of it: the two halves of the answer are of one batch.
        if (status === 200 && text[0] !== text[1]) halves.push(text);
        expect(text).toBe(value + value);
      }, patience);
    }
    expect(halves).toEqual([]);
    expect((await b.api('DELETE', '/v1/functions/one')).status).toBe(204);
    await vi.waitFor(async () => expect((await a.call('/one')).status).toBe(404), patience);
    expect((await a.api('POST', '/v1/functions/pair/rollback', { revision: 1 })).json).toMatchObject({ revision: 4 });
    await untilSame(a, b);
  });

  it('refuse a publish with 409 when the other has published meanwhile', async () => {
    const [a, b] = await startTwo();
    await using _a = a;
    await using _b = b;
    await a.publish('one', answering('1'));
    const racing = await Promise.all(
      [a, b].map((host, index) => host.api('PUT', '/v1/functions/one', { source: answering(`by ${index}`), ifRevision: 1 })),
    );
    const [lost] = racing.filter(({ status }) => status !== 200);
    // The second host may not have had revision 1 yet; either way one wins, and the other is told.
    expect(racing.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(lost?.json.error).toMatchObject({ code: 'REVISION_CONFLICT' });
    await untilSame(a, b);
  });

  it('keep what they have of a function that does not load there, and say so', async () => {
    databases += 1;
    const MONGODB_URI = mongod.uri(`nodes-${databases}`);
    await using a = await TestHost.start({ env: { MONGODB_URI, ROLE: 'a' } });
    await using b = await TestHost.start({ env: { MONGODB_URI, ROLE: 'b' } });
    await a.publish('picky', answering('both'));
    await untilLive(b, 'picky', 'both');
    await a.publish('picky', "if (process.env.ROLE === 'b') throw new Error('not here');\nexport default () => 'only a';");
    await a.publish('later', answering('goes on'));
    await untilLive(b, 'later', 'goes on');
    expect((await a.call('/picky')).text).toBe('only a');
    expect((await b.call('/picky')).text).toBe('both');
    const { diverged } = (await b.api('GET', '/v1/status')).json;
    expect(diverged).toEqual([{ name: 'picky', revision: 2, kept: 1, reason: expect.stringContaining('not here') }]);
    expect((await a.api('GET', '/v1/status')).json.diverged).toEqual([]);
    await a.publish('picky', answering('both again'));
    await untilLive(b, 'picky', 'both again');
    expect((await b.api('GET', '/v1/status')).json.diverged).toEqual([]);
  });

  it(`lose and mix up nothing of ${publishes} publishes by turns under load, and publishes get over soon`, async () => {
    const [a, b] = await startTwo();
    await using _a = a;
    await using _b = b;
    await using load = new Load({ port: b.port, path: '/hello', keepAlive: 2, fresh: 1 });
    const waits: number[] = [];
    for (let turn = 1; turn <= publishes; turn++) {
      const [from, to] = turn % 2 === 0 ? [a, b] : [b, a];
      const revision = await from.publish('turns', `export default () => '${turn}';`);
      expect(revision).toBe(turn);
      const answered = performance.now();
      for (;;) {
        const { text, status } = await to.call('/turns');
        const seen = status === 200 ? Number(text) : 0;
        expect(seen).toBeLessThanOrEqual(turn);
        expect(seen).toBeGreaterThanOrEqual(turn - 2);
        if (seen === turn) break;
      }
      waits.push(performance.now() - answered);
    }
    await load.stop();
    const sorted = waits.toSorted((one, other) => one - other);
    const at = (part: number): string => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN).toFixed(1);
    console.log(`publish → live on the other host: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`);
    expect(load.counts).toMatchObject({ refused: 0, reset: 0 });
    expect([...load.counts.statuses.keys()]).toEqual([200]);
    await untilSame(a, b);
  });

  it('lose nothing that was acknowledged when mongod is killed again and again, and converge', async () => {
    const [a, b] = await startTwo();
    await using _a = a;
    await using _b = b;
    const acknowledged = new Map<string, number>();
    const refusals = new Set<string>();
    const end = new AbortController();
    const publish = async (host: TestHost, own: string): Promise<void> => {
      for (let turn = 1; !end.signal.aborted; turn++) {
        const name = `${own}-${turn % 3}`;
        const answer = await host.api('PUT', `/v1/functions/${name}`, { source: answering(`${own} ${turn}`) });
        if (answer.status === 200 || answer.status === 201) acknowledged.set(name, answer.json.revision);
        else refusals.add(answer.json.error.code);
      }
    };
    const publishers = Promise.all([publish(a, 'a'), publish(b, 'b')]);
    for (let kill = 1; kill <= 3; kill++) {
      const before = acknowledged.size === 0 ? 0 : Math.max(...acknowledged.values());
      await vi.waitUntil(() => Math.max(0, ...acknowledged.values()) > before + 2, patience);
      await mongod.kill();
      // Functions go on without their store.
      expect((await a.call('/hello')).status).toBe(200);
      await mongod.restart();
    }
    const before = Math.max(...acknowledged.values());
    await vi.waitUntil(() => Math.max(...acknowledged.values()) > before + 2, patience);
    end.abort();
    await publishers;
    expect([...refusals]).toEqual(['STORE_UNAVAILABLE']);
    await untilSame(a, b);
    const live = await liveOn(a);
    for (const [name, revision] of acknowledged) expect(live[name]).toBeGreaterThanOrEqual(revision);
    for (const name of acknowledged.keys()) expect((await a.call(`/${name}`)).text).toBe((await b.call(`/${name}`)).text);
  });
});
