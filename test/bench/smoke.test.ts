import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { Figure } from './report.ts';

const program = fileURLToPath(new URL('../../scripts/bench.mjs', import.meta.url));

// A package of their own, which no test installs.
const arePeersInstalled = existsSync(new URL('peers/node_modules/.package-lock.json', import.meta.url));

/** Runs one benchmark in its tiny form; answers its figures by name. */
async function bench(name: string): Promise<ReadonlyMap<string, number>> {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [program, name, '--tiny', '--json'], { timeout: 60_000 });
  const line = stdout.split('\n').find((text) => text.startsWith('{'));
  if (line === undefined) throw new Error(`no figures:\n${stdout}${stderr}`);
  const { figures } = JSON.parse(line) as { figures: readonly Figure[] };
  return new Map(figures.map((figure) => [figure.name, figure.value]));
}

it('bench publish counts its publishes and what they lose', { timeout: 60_000 }, async () => {
  const figures = await bench('publish');
  expect(figures.get('idle: publishes')).toBe(5);
  expect(figures.get('idle: not live when answered')).toBe(0);
  expect(figures.get('idle: p50')).toBeGreaterThan(0);
  expect(figures.get('under load: publishes')).toBe(5);
  expect(figures.get('under load: not live when answered')).toBe(0);
  expect(figures.get('under load: requests')).toBeGreaterThan(8);
  expect(figures.get('under load: lost requests')).toBe(0);
  expect(figures.get('under load: answers of an older version than before')).toBe(0);
  expect(figures.get('under load: messages')).toBeGreaterThan(32);
  expect(figures.get('under load: lost messages')).toBe(0);
});

it('bench publish-growth counts the publishes of each size and what they lose', { timeout: 60_000 }, async () => {
  const figures = await bench('publish-growth');
  for (const title of ['5 functions', '10 functions', '20 functions']) {
    for (const mode of ['idle', 'under load']) {
      expect(figures.get(`${title}, ${mode}: publishes`)).toBe(8);
      expect(figures.get(`${title}, ${mode}: p50`)).toBeGreaterThan(0);
    }
    expect(figures.get(`${title}: not live when answered`)).toBe(0);
    expect(figures.get(`${title}: requests and messages meanwhile`)).toBeGreaterThan(40);
    expect(figures.get(`${title}: lost requests and messages`)).toBe(0);
    expect(figures.get(`${title}: answers of an older version than before`)).toBe(0);
  }
  expect(figures.get('idle: p50 with 20 functions / with 5 functions')).toBeGreaterThan(0);
  expect(figures.get('under load: p50 with 20 functions / with 5 functions')).toBeGreaterThan(0);
});

it('bench start starts hosts with and without functions, and is answered', { timeout: 60_000 }, async () => {
  const figures = await bench('start');
  expect(figures.get('starts')).toBe(2);
  expect(figures.get('first answers that were wrong')).toBe(0);
  for (const size of [0, 10]) {
    expect(figures.get(`${size} functions: served`)).toBe(size);
    expect(figures.get(`${size} functions: start to ready`)).toBeGreaterThan(0);
    expect(figures.get(`${size} functions: start to the first answer`)).toBeGreaterThan(0);
  }
});

it('bench crowd counts the sockets that connect, talk, hear a broadcast and leave', { timeout: 60_000 }, async () => {
  const figures = await bench('crowd');
  for (const what of ['connected', 'echoes', 'cloud.sockets while idle', 'reached by a broadcast'])
    expect(figures.get(`20 on one host: ${what}`)).toBe(20);
  expect(figures.get('left')).toBe(20);
  expect(figures.get('cloud.sockets when all have left')).toBe(0);
  expect(figures.get('20 on one host: worker RSS while idle')).toBeGreaterThan(0);
});

it('bench push has every message come to the user it is for, through the host and through ws', { timeout: 60_000 }, async () => {
  const figures = await bench('push');
  // Two turns of 10 and of 100, for one user and for 20.
  expect(figures.get('pushes by functions')).toBe(440);
  expect(figures.get('pushes that were lost')).toBe(0);
  for (const users of ['1 user', '20 users'])
    for (const way of ['one at a time', '50 under way'])
      for (const from of ['from the request', 'from the send']) expect(figures.get(`${users}, ${way}, ${from}: p50`)).toBeGreaterThan(0);
});

it('bench broadcast reaches every socket, by the helper and by loops', { timeout: 60_000 }, async () => {
  const figures = await bench('broadcast');
  expect(figures.get('20: connected')).toBe(20);
  expect(figures.get('20: sockets that missed a message')).toBe(0);
  for (const how of ['helper', 'loop in a function', 'loop over ws']) expect(figures.get(`20: last delivery, ${how}`)).toBeGreaterThan(0);
});

it('bench latency takes the time of messages through the host and through ws', { timeout: 60_000 }, async () => {
  const figures = await bench('latency');
  expect(figures.get('turns of each')).toBe(2);
  // Once for each way of placing the processes, which are as many as the machine allows.
  for (const what of ['Hearth, p50', 'ws, p50 of a message and its echo']) {
    const times = [...figures].filter(([name]) => name.endsWith(`: ${what}`)).map(([, value]) => value);
    expect(times.length).toBeGreaterThan(0);
    for (const time of times) expect(time).toBeGreaterThan(0);
  }
});

it('bench guards measures a host with guards beside one without', { timeout: 60_000 }, async () => {
  const figures = await bench('guards');
  for (const name of ['HTTP hello', 'HTTP, a function with loops', 'WebSocket echo'])
    expect(figures.get(`${name}, with / without: median`)).toBeGreaterThan(0);
  expect(figures.get('failed')).toBe(0);
});

it('bench nodes measures publishes on SQLite, and on MongoDB where there is one', { timeout: 60_000 }, async () => {
  const figures = await bench('nodes');
  expect(figures.get('SQLite, same host: p50')).toBeGreaterThan(0);
  expect(figures.get('missed by the other host') ?? 0).toBe(0);
});

it('bench http measures hello and an echo of a host beside Node, and beside each peer that is installed', { timeout: 60_000 }, async () => {
  const figures = await bench('http');
  for (const workload of ['hello', 'echo'])
    for (const peer of arePeersInstalled ? ['node:http', 'koa', 'fastify', 'functions-framework', 'workerd'] : ['node:http', 'koa'])
      expect(figures.get(`${workload}: Hearth / ${peer}`)).toBeGreaterThan(0);
  expect(figures.get('hello, 5 connections: Hearth / node:http')).toBeGreaterThan(0);
  expect(figures.get('failed')).toBe(0);
});

it('bench ws measures the echoes of a host beside ws, and beside each peer that is installed', { timeout: 60_000 }, async () => {
  const figures = await bench('ws');
  for (const workload of ['1 connection', '50 connections', '60 connections', '50 connections, 32 messages a write'])
    for (const peer of arePeersInstalled ? ['ws', 'workerd', 'socket.io (own client)'] : ['ws'])
      expect(figures.get(`${workload}: Hearth / ${peer}`)).toBeGreaterThan(0);
  for (const peer of arePeersInstalled ? ['@architect/sandbox (emulator)'] : [])
    expect(figures.get(`1 connection: Hearth / ${peer}`)).toBeGreaterThan(0);
  expect(figures.get('failed')).toBe(0);
});
