import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { findMongod as findForHost } from '../../runtime/adapters/mongod/binary.ts';
import { type ManagedMongod, startMongod } from '../../runtime/adapters/mongod/mongod.ts';
import { findMongod } from '../mongod.ts';
import { untilGone } from './load.ts';

const bin = findMongod() ?? '';
const keeper = fileURLToPath(new URL('../../dist/keeper.js', import.meta.url));
const patience = { timeout: 30_000, interval: 20 };

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hearth-managed-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

function start(): Promise<ManagedMongod> {
  return startMongod({ dir, bin, keeper, onEnded: () => undefined });
}

/** Works with the database in a transaction, which only a replica set has. */
async function withDatabase<T>(uri: string, work: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = new MongoClient(uri);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

const add = (client: MongoClient) =>
  client.withSession((session) =>
    session.withTransaction(() => client.db().collection('notes').insertOne({ at: new Date() }, { session })),
  );
const count = (client: MongoClient) => client.db().collection('notes').countDocuments();
const pidOfMongod = async (): Promise<number> => Number(await readFile(join(dir, 'mongod.lock'), 'utf8'));

describe.skipIf(bin === '' && !process.env.CI)('startMongod()', { timeout: 90_000 }, () => {
  it('is a replica set whose data and port persist, and close() ends it', async () => {
    const first = await start();
    await withDatabase(first.uri, add);
    const pid = await pidOfMongod();
    await first.close();
    await untilGone([pid]);
    const second = await start();
    expect(second.uri).toBe(first.uri);
    expect(await withDatabase(second.uri, count)).toBe(1);
    await second.close();
  });

  it('starts mongod again when it was killed, with all that was acknowledged', async () => {
    const ended: string[] = [];
    const mongod = await startMongod({ dir, bin, keeper, onEnded: (how) => ended.push(how) });
    onTestFinished(() => mongod.close());
    await withDatabase(mongod.uri, add);
    process.kill(await pidOfMongod(), 'SIGKILL');
    await vi.waitUntil(() => ended.length > 0, patience);
    expect(ended).toEqual(['SIGKILL']);
    expect(await withDatabase(mongod.uri, count)).toBe(1);
  });

  it('takes another port when the one of last time is in use', async () => {
    const first = await start();
    await withDatabase(first.uri, add);
    await first.close();
    const port = Number(new URL(first.uri).port);
    const other = net.createServer((socket) => socket.destroy()).listen(port, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const second = await start();
    onTestFinished(() => second.close());
    expect(new URL(second.uri).port).not.toBe(String(port));
    expect(await withDatabase(second.uri, count)).toBe(1);
  });

  it('ends the mongod that a killed host and its keeper have left, and goes on with its data', async () => {
    const first = await start();
    await withDatabase(first.uri, add);
    const pid = await pidOfMongod();
    const parent = Number((await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ')[1]);
    process.kill(parent, 'SIGKILL');
    await untilGone([parent]);
    const second = await start();
    onTestFinished(() => second.close());
    expect(await pidOfMongod()).not.toBe(pid);
    await untilGone([pid]);
    expect(await withDatabase(second.uri, count)).toBe(1);
  });

  it('refuses with MONGOD_UNAVAILABLE what does not start', async () => {
    await expect(startMongod({ dir, bin: '/bin/false', keeper, onEnded: () => undefined })).rejects.toMatchObject({
      code: 'MONGOD_UNAVAILABLE',
    });
  });
});

describe('keeper', () => {
  it('ends mongod when its host is gone', async () => {
    const marker = join(dir, 'sleeper');
    const script = `const { fork } = require('node:child_process');
const keeper = fork(${JSON.stringify(keeper)}, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
keeper.send({ bin: 'sh', args: ['-c', 'echo $$ > ${marker}; exec sleep 1000'] });
setInterval(() => {}, 1000);`;
    const host = spawn(process.execPath, ['-e', script], { stdio: 'ignore' });
    const pid = await vi.waitFor(async () => {
      const written = Number(await readFile(marker, 'utf8'));
      expect(written).toBeGreaterThan(0);
      return written;
    }, patience);
    host.kill('SIGKILL');
    await untilGone([pid]);
  });
});

describe('findMongod()', () => {
  it('takes the one that is named, and says so when that cannot be run', async () => {
    const file = join(dir, 'mongod');
    const search = { named: file, path: '', onDownload: () => undefined };
    await expect(findForHost(search)).rejects.toMatchObject({ code: 'MONGOD_UNAVAILABLE' });
    await writeFile(file, '', { mode: 0o755 });
    expect(await findForHost(search)).toBe(file);
  });

  it('takes the first on the path', async () => {
    const file = join(dir, 'mongod');
    await writeFile(file, '', { mode: 0o755 });
    expect(await findForHost({ named: undefined, path: `/nowhere::${dir}`, onDownload: () => undefined })).toBe(file);
  });
});
