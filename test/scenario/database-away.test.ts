import net from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { WebSocket } from 'ws';
import { TestMongod } from '../mongod.ts';
import { type Answer, nextMessage, TestHost } from './host.ts';
import { SamplePlace, withoutMongod } from './laf-samples/place.ts';

const patience = { timeout: 20_000, interval: 20 };
const skipped = withoutMongod('a database that is away');

/** A port that is free now. */
async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function echo(socket: WebSocket, text: string): Promise<string> {
  const answer = nextMessage(socket);
  socket.send(text);
  return answer;
}

/** What a host prints that does not start. */
async function refusal(env: Readonly<Record<string, string>>): Promise<string> {
  const started = await TestHost.start({ env }).catch((error: unknown) => String(error));
  if (typeof started === 'string') return started;
  await started[Symbol.asyncDispose]();
  throw new Error('the host started');
}

describe.skipIf(skipped)('mongod is killed while a host serves', { timeout: 90_000 }, () => {
  let place: SamplePlace;
  let host: TestHost;
  beforeAll(async () => {
    // A call that waits for the database for longer than this would answer 504.
    place = await SamplePlace.start('away', { FUNCTION_TIMEOUT_MS: '9000' });
    host = place.host;
    await host.publish('plain', 'export default () => "plain";');
    await host.publish('imported', 'export const value = 1;');
    await host.publish('imports', "import { value } from '@/imported';\nexport default () => ({ value });");
    await host.publish(
      '__websocket__',
      "export async function main({ method, params, socket }) { if (method === 'WebSocket:message') socket.send(params.data); }",
    );
    const catching = (query: string): string => `import cloud from '@lafjs/cloud'
const db = cloud.database()
const items = cloud.mongo.db.collection('items')
export default async () => {
  try { return { total: ${query} } }
  catch (error) { return { caught: [error instanceof Error, error.name] } }
}`;
    await host.publish('builder', catching("(await db.collection('items').count()).total"));
    await host.publish('native', catching('await items.countDocuments()'));
    await host.publish('writes', catching('(await items.insertOne({ n: 1 })).acknowledged'));
    await host.publish(
      'uncaught',
      "import cloud from '@lafjs/cloud';\nexport default async () => (await cloud.database().collection('items').count()).total;",
    );
    await host.publish(
      'transaction',
      `import cloud from '@lafjs/cloud'
const { client, db } = cloud.mongo
export default async () => {
  const session = client.startSession()
  try {
    session.startTransaction()
    await db.collection('items').insertOne({ n: 1 }, { session })
    await session.commitTransaction()
    return { total: 1 }
  } catch (error) {
    await session.abortTransaction()
    return { caught: [error instanceof Error, error.name] }
  } finally {
    await session.endSession()
  }
}`,
    );
    await host.publish(
      'follow',
      `import cloud from '@lafjs/cloud'
export default () => { cloud.mongo.db.collection('items').watch().on('change', () => {}) }`,
    );
    for (const name of ['builder', 'native', 'uncaught', 'transaction', 'follow']) await place.call(`/${name}`);
  }, 60_000);
  afterAll(() => place?.[Symbol.asyncDispose]());

  const tryToPublish = (source: string): Promise<Answer> => host.api('PUT', '/v1/functions/late', { source });

  async function untilBack(): Promise<void> {
    await place.mongod.restart();
    await expect.poll(async () => (await tryToPublish('export default () => "late";')).status, patience).toBeLessThan(300);
    expect((await host.call('/late')).text).toBe('late');
    await expect.poll(() => place.call('/builder'), patience).toEqual({ total: expect.any(Number) });
    await expect.poll(() => place.call('/native'), patience).toEqual({ total: expect.any(Number) });
  }

  it('functions and sockets go on, queries reject, a publish is refused at once, and all comes back by itself', async () => {
    const pid = await host.workerPid();
    const socket = await host.connect();
    await place.mongod.kill();
    const order: string[] = [];
    const note = async <T>(what: string, outcome: Promise<T>): Promise<T> => {
      const settled = await outcome;
      order.push(what);
      return settled;
    };
    const queries = Promise.all(['builder', 'native', 'writes', 'transaction'].map((name) => note('query', place.call(`/${name}`))));
    const uncaught = note('query', host.call('/uncaught'));
    for (let round = 0; round < 3; round += 1) {
      const refused = await note('publish', tryToPublish('export default () => "late";'));
      expect([refused.status, refused.json.error.code]).toEqual([503, 'STORE_UNAVAILABLE']);
      expect(await place.call('/plain')).toBe('plain');
      expect(await place.call('/imports')).toEqual({ value: 1 });
      expect(await echo(socket, 'old')).toBe('old');
      const fresh = await host.connect();
      expect(await echo(fresh, 'new')).toBe('new');
      fresh.terminate();
      order.push('served');
    }
    // The queries were there first and still wait for a server.
    expect(order).toEqual(['publish', 'served', 'publish', 'served', 'publish', 'served']);
    expect((await host.call('/late')).status).toBe(404);
    expect((await host.api('GET', '/_/readyz')).json).toEqual({ status: 'ready' });
    expect((await host.api('GET', '/v1/functions')).status).toBe(200);
    expect((await host.api('GET', '/v1/status')).status).toBe(200);
    expect((await host.api('DELETE', '/v1/functions/plain')).json.error.code).toBe('STORE_UNAVAILABLE');
    expect((await host.api('GET', '/v1/functions/plain/revisions')).json.error.code).toBe('STORE_UNAVAILABLE');
    for (const answer of await queries) expect(answer).toEqual({ caught: [true, expect.stringMatching(/^Mongo/)] });
    expect(await uncaught).toMatchObject({ status: 500, json: { error: 'Internal Server Error' } });
    expect(host.output).toMatch(/warn .*cannot be reached/);

    await untilBack();
    expect(await place.call('/plain')).toBe('plain');
    expect(await echo(socket, 'still open')).toBe('still open');
    socket.terminate();
    expect(await host.workerPid()).toBe(pid);
    expect(host.output).toMatch(/can be reached again/);
  });

  it('a worker that begins meanwhile serves what needs no database, and has it when it is back', async () => {
    await place.mongod.kill();
    // The standby of this one was connected, the one after it has never been.
    for (let round = 0; round < 2; round += 1) {
      expect((await host.api('POST', '/v1/worker/restart')).status).toBe(204);
      expect(await place.call('/plain')).toBe('plain');
      expect(await place.call('/builder')).toEqual({ caught: [true, expect.stringMatching(/^Mongo/)] });
    }
    const pid = await host.workerPid();
    await untilBack();
    expect(await host.workerPid()).toBe(pid);
  });

  it('a publish that is refused leaves nothing behind, and the next one has the next revision', async () => {
    const before = (await host.api('GET', '/v1/functions/plain')).json.revision;
    await place.mongod.kill();
    const body = { source: 'export default () => "changed";' };
    const refused = await Promise.all(Array.from({ length: 5 }, () => host.api('PUT', '/v1/functions/plain', body)));
    expect(refused.map(({ status }) => status)).toEqual([503, 503, 503, 503, 503]);
    expect(await place.call('/plain')).toBe('plain');
    await untilBack();
    expect(await place.call('/plain')).toBe('plain');
    expect(await host.publish('plain', body.source)).toBe(before + 1);
    expect(await place.call('/plain')).toBe('changed');
  });

  it('a host ends while mongod is away', async () => {
    await place.mongod.kill();
    await expect.poll(async () => (await tryToPublish('export default 1;')).json.error?.code, patience).toBe('STORE_UNAVAILABLE');
    expect(await host.end()).toBe(0);
  });
});

describe.skipIf(skipped)('a host that starts while mongod is absent', { timeout: 90_000 }, () => {
  it('waits, says so, is not ready, and serves once mongod is there', async () => {
    const mongod = await TestMongod.start();
    onTestFinished(() => mongod[Symbol.asyncDispose]());
    await using first = await TestHost.start({ env: { MONGODB_URI: mongod.uri('waits') } });
    await first.publish(
      'kept',
      "import cloud from '@lafjs/cloud';\nconst db = cloud.mongo.db;\nexport default async () => ({ total: await db.collection('x').countDocuments() });",
    );
    await first.end();
    await mongod.kill();
    const consolePort = await freePort();
    const url = `http://127.0.0.1:${consolePort}`;
    const starting = TestHost.start({ consolePort, env: { MONGODB_URI: mongod.uri('waits') } });
    let started = false;
    void starting.then(() => (started = true));
    onTestFinished(async () => {
      await mongod.kill();
      // It waits for ever otherwise.
      if (!started) await mongod.restart();
      await (await starting)[Symbol.asyncDispose]();
    });
    const ready = async (): Promise<unknown> => {
      const response = await fetch(`${url}/_/readyz`);
      return [response.status, await response.json()];
    };
    await expect.poll(() => ready().catch(() => undefined), patience).toEqual([503, { status: 'waiting' }]);
    expect((await fetch(`${url}/_/healthz`)).status).toBe(200);
    const refused = await fetch(`${url}/v1/functions`, { headers: { authorization: 'Bearer scenario-token' } });
    expect([refused.status, await refused.json()]).toMatchObject([503, { error: { code: 'STORE_UNAVAILABLE' } }]);
    expect(started).toBe(false);
    await mongod.restart();
    const host = await starting;
    expect(host.output).toMatch(/warn +waiting for MongoDB: .*ECONNREFUSED[^]*Listening to port/);
    expect(await ready()).toEqual([200, { status: 'ready' }]);
    expect((await host.call('/kept')).json).toEqual({ total: 0 });
  });

  it('whose password is wrong ends with CONFIG_INVALID once mongod is there, and never shows the password', async () => {
    await using mongod = await TestMongod.start();
    await mongod.kill();
    const consolePort = await freePort();
    const uri = mongod.uri('waits').replace('//', '//ada:hunter2hunter2@');
    const refused = refusal({ MONGODB_URI: `${uri}&authSource=admin`, CONSOLE_PORT: String(consolePort) });
    await mongod.restart();
    const output = await refused;
    expect(output).toMatch(/CONFIG_INVALID: .*MONGODB_URI names a user/);
    expect(output).not.toContain('hunter2');
  });
});

describe.skipIf(skipped)('a connection string that is wrong', { timeout: 60_000 }, () => {
  let mongod: TestMongod;
  beforeAll(async () => {
    mongod = await TestMongod.start();
  }, 60_000);
  afterAll(() => mongod?.[Symbol.asyncDispose]());

  it.each<[string, () => string]>([
    ['a wrong password', () => mongod.uri('x').replace('//', '//ada:hunter2hunter2@')],
    ['a password with characters that are not encoded', () => mongod.uri('x').replace('//', '//ada:hunter2@hunter2%zz@')],
    ['another scheme', () => 'postgres://ada:hunter2hunter2@127.0.0.1/x'],
    ['no host', () => 'mongodb://ada:hunter2hunter2@/x'],
    ['a password that is not encoded', () => 'mongodb://ada:hunter2@hunter2/@127.0.0.1/x'],
    ['an option that is none', () => `${mongod.uri('x').replace('//', '//ada:hunter2hunter2@')}&maxPoolSize=many`],
    ['another replica set', () => mongod.uri('x').replace('replicaSet=test', 'replicaSet=hunter')],
    ['no word that is known', () => 'manged'],
  ])('%s ends the host with CONFIG_INVALID and without the password', async (_name, uri) => {
    const output = await refusal({ MONGODB_URI: uri() });
    expect(output).toMatch(/CONFIG_INVALID: The configuration is not valid: .*MONGODB_URI/);
    expect(output).not.toContain('hunter2');
  });
});

describe('without MONGODB_URI', () => {
  const both = [expect.stringContaining('MONGODB_URI=mongodb://'), expect.stringContaining('MONGODB_URI=managed')];

  it('cloud.mongo and cloud.database() throw DATABASE_UNAVAILABLE, which names both ways to get one', async () => {
    await using host = await TestHost.start();
    await host.publish(
      'caught',
      `import cloud, { CloudError } from '@lafjs/cloud'
const caught = (call) => { try { call(); return 'nothing was thrown' } catch (error) { return { told: error instanceof CloudError, code: error.code, message: error.message } } }
exports.main = () => [() => cloud.mongo, () => cloud.mongo.db, () => cloud.database()].map(caught)`,
    );
    const answers: { told: boolean; code: string; message: string }[] = (await host.call('/caught')).json;
    expect(answers).toHaveLength(3);
    for (const { told, code, message } of answers) {
      expect([told, code]).toEqual([true, 'DATABASE_UNAVAILABLE']);
      expect([message, message]).toEqual(both);
    }
  });

  it('a handle at the top of a module is refused when it is published, with its line', async () => {
    await using host = await TestHost.start();
    const sources = [
      "import cloud from '@lafjs/cloud'\n\nconst db = cloud.database()\nexport default () => 1",
      "import cloud from '@lafjs/cloud'\n\nconst { db } = cloud.mongo\nexports.main = () => 1",
    ];
    for (const source of sources) {
      const { status, json } = await host.api('PUT', '/v1/functions/top', { source });
      expect([status, json.error.code]).toEqual([422, 'LOAD_FAILED']);
      expect([json.error.message, json.error.message]).toEqual(both);
      expect(json.error.diagnostics).toMatchObject([{ function: 'top', line: 3 }]);
    }
    expect((await host.call('/top')).status).toBe(404);
  });

  it('ObjectId and the driver are there all the same', async () => {
    await using host = await TestHost.start();
    await host.publish(
      'ids',
      "import { ObjectId as One, MongoClient } from 'mongodb';\nexports.main = () => [new One() instanceof ObjectId, typeof MongoClient];",
    );
    expect((await host.call('/ids')).json).toEqual([true, 'function']);
  });
});
