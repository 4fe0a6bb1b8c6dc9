import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { HearthError, messageOf } from '../../kernel/errors.ts';
import type { KeeperOrder } from './keeper.ts';

/** A mongod that a host runs for itself. */
export interface ManagedMongod {
  /** Where it is, with a database named `hearth`. */
  readonly uri: string;
  /** Ends it; resolves when it has ended. */
  close(): Promise<void>;
}

/** What it is started with. */
export interface ManagedMongodOptions {
  /** The folder for its data; made if absent. One host at a time. */
  readonly dir: string;
  /** The program. */
  readonly bin: string;
  /** The program of the keeper. */
  readonly keeper: string;
  /** Told when it has ended by itself; it is started again. */
  onEnded(how: string): void;
}

const setName = 'hearth';
const host = '127.0.0.1';

/** Milliseconds in which it has to respond, and in which one that a killed host left has to end. */
const startTime = 60_000;
const orphanTime = 15_000;

/**
 * Starts a mongod of the host's own: a replica set of one member whose data persist in `dir`. It stops
 * with the host, also when that is killed. For development: it has no password, and anybody on this
 * machine can connect. Throws `MONGOD_UNAVAILABLE`.
 */
export async function startMongod(options: ManagedMongodOptions): Promise<ManagedMongod> {
  const { dir, bin, keeper } = options;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await endOrphan(dir);
  const port = await choosePort(join(dir, 'hearth-port'));
  const child = fork(keeper, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: [] });
  const kept = { ending: false, ends: 0 };
  child.on('message', (message: { readonly ended: string }) => {
    kept.ends += 1;
    if (!kept.ending) options.onEnded(message.ended);
  });
  const order: KeeperOrder = { bin, args: mongodArguments(dir, port) };
  child.send(order);
  const close = async (): Promise<void> => {
    kept.ending = true;
    await endKeeper(child);
  };
  try {
    await initiate(port, () => kept.ends >= 3);
  } catch (error) {
    await close();
    const reason = `${bin} does not start (${messageOf(error)}). See ${join(dir, 'mongod.log')} for the reason.`;
    throw new HearthError('MONGOD_UNAVAILABLE', { reason }, { cause: error });
  }
  return { uri: `mongodb://${host}:${port}/hearth?replicaSet=${setName}`, close };
}

function mongodArguments(dir: string, port: number): readonly string[] {
  const log = ['--logpath', join(dir, 'mongod.log'), '--quiet'];
  // At most a gigabyte, where it would take half of the machine's memory; an import is one transaction, which has to fit.
  const memory = ['--wiredTigerCacheSizeGB', '1', '--setParameter', 'diagnosticDataCollectionEnabled=false'];
  const unix = process.platform === 'win32' ? [] : ['--nounixsocket'];
  return ['--dbpath', dir, '--port', String(port), '--bind_ip', host, '--replSet', setName, ...log, ...memory, ...unix];
}

/** Makes the member the primary of its set. */
async function initiate(port: number, hopeless: () => boolean): Promise<void> {
  const client = new MongoClient(`mongodb://${host}:${port}/?directConnection=true`, { serverSelectionTimeoutMS: 500 });
  try {
    for (const end = performance.now() + startTime; ; await delay(50)) {
      if (await isPrimary(client, port)) return;
      if (hopeless()) throw new Error('it keeps ending');
      if (performance.now() > end) throw new Error(`it was not ready within ${startTime} ms`);
    }
  } finally {
    await client.close();
  }
}

/** Whether it serves; takes it a step further if not. */
async function isPrimary(client: MongoClient, port: number): Promise<boolean> {
  const member = `${host}:${port}`;
  try {
    // A client whose first connection failed has to be told to try again.
    await client.connect();
    const admin = client.db('admin');
    const hello = await admin.command({ hello: 1 });
    if (hello.isWritablePrimary === true) return true;
    const known: unknown = await admin.command({ replSetGetConfig: 1 }).catch(() => undefined);
    const config = configOf(known);
    if (!config) await admin.command({ replSetInitiate: { _id: setName, members: [{ _id: 0, host: member }] } });
    else if (config.host !== member) {
      // Another port than last time: the member no longer finds itself in the set.
      const members = [{ _id: 0, host: member }];
      await admin.command({ replSetReconfig: { _id: setName, version: config.version + 1, members }, force: true });
    }
  } catch {
    // Not there yet, or between two states.
  }
  return false;
}

function configOf(answer: unknown): { readonly version: number; readonly host: string } | undefined {
  const config: unknown = Reflect.get(Object(answer), 'config');
  const version: unknown = Reflect.get(Object(config), 'version');
  const members: unknown = Reflect.get(Object(config), 'members');
  const member: unknown = Array.isArray(members) ? Reflect.get(Object(members[0]), 'host') : undefined;
  return typeof version === 'number' && typeof member === 'string' ? { version, host: member } : undefined;
}

async function endKeeper(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  if (child.connected) child.disconnect();
  await exited;
}

/** The port of last time if it is free, since the set remembers it; else a new one. */
async function choosePort(file: string): Promise<number> {
  const last = Number(await readFile(file, 'utf8').catch(() => '0'));
  const port = (await isFree(last)) ? last : await freePort();
  await writeFile(file, String(port));
  return port;
}

async function isFree(port: number): Promise<boolean> {
  return port > 0 && (await listenOnce(port)) !== undefined;
}

async function freePort(): Promise<number> {
  const port = await listenOnce(0);
  if (port === undefined) throw new HearthError('MONGOD_UNAVAILABLE', { reason: 'there is no free port for it.' });
  return port;
}

function listenOnce(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, host, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined));
    });
  });
}

/** Ends the mongod that a host and its keeper, both killed, have left in this folder. */
async function endOrphan(dir: string): Promise<void> {
  const pid = Number(await readFile(join(dir, 'mongod.lock'), 'utf8').catch(() => ''));
  if (!(pid > 0) || !(await isMongodOf(pid, dir))) return;
  process.kill(pid, 'SIGTERM');
  for (const end = performance.now() + orphanTime; await isMongodOf(pid, dir); await delay(50)) {
    if (performance.now() < end) continue;
    process.kill(pid, 'SIGKILL');
    return;
  }
}

/** Whether the process is a mongod that uses this folder; false where the system does not say (all but Linux): mongod itself then refuses to start. */
async function isMongodOf(pid: number, dir: string): Promise<boolean> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return command.split('\0').includes(dir);
}
