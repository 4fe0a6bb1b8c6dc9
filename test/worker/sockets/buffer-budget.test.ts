import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import { BufferBudget } from '../../../runtime/worker/sockets/buffer-budget.ts';
import { messages, open, rawClient, recorder, startHost } from './host.ts';

const megabyte = 1024 ** 2;

function budgetOf(limit: number) {
  const lines: string[] = [];
  const discarded: string[] = [];
  const budget = new BufferBudget(limit, (_level, message) => lines.push(message));
  const connection = (id: string) => {
    const made = {
      id,
      buffered: 0,
      discard: () => {
        made.buffered = 0;
        discarded.push(id);
      },
      wait: (bytes: number) => {
        made.buffered = bytes;
        budget.set(made, bytes);
      },
    };
    return made;
  };
  return { budget, lines, discarded, connection };
}

describe('BufferBudget', () => {
  it('ends those with the most, and no more than it has to', () => {
    const { lines, discarded, connection } = budgetOf(100);
    connection('small').wait(10);
    connection('large').wait(50);
    connection('medium').wait(30);
    expect(discarded).toEqual([]);
    connection('last').wait(20);
    expect(discarded).toEqual(['large']);
    expect(lines).toEqual([expect.stringContaining('large')]);
  });

  it('ends nobody for bytes that were sent meanwhile', () => {
    const { budget, discarded, connection } = budgetOf(100);
    const first = connection('first');
    first.wait(90);
    first.buffered = 0;
    connection('second').wait(90);
    expect(discarded).toEqual([]);
    expect(budget.size).toBe(1);
  });

  it('says in one line that it ended many', () => {
    const { lines, discarded, connection } = budgetOf(1000);
    const many = Array.from({ length: 100 }, (_, index) => connection(String(index)));
    for (const one of many) one.wait(10);
    connection('last').wait(1);
    expect(discarded.length).toBe(11);
    expect(lines).toEqual([expect.stringMatching(/^Terminated 11 connections with 110 bytes/)]);
  });
});

describe('bytes that wait over all sockets', () => {
  it('stay below the limit within one broadcast, and sockets that read stay open', async () => {
    const limit = 4 * megabyte;
    const host = await startHost(
      { default: () => undefined },
      { limits: { bufferedTotal: limit, bufferedMaximum: 64 * megabyte, bufferedWarning: 64 * megabyte } },
    );
    const stalled = await Promise.all(Array.from({ length: 8 }, () => rawClient(host)));
    for (const socket of stalled) socket.pause();
    const text = 'x'.repeat(megabyte / 4);
    let most = 0;
    // 200 MB, were nobody ended.
    for (let round = 0; round < 100; round += 1) {
      for (const socket of host.server.sockets) {
        socket.send(text);
        most = Math.max(most, host.server.buffered);
      }
    }
    expect(most).toBeLessThanOrEqual(limit);
    expect(most).toBeGreaterThan(limit / 2);
    expect(host.logs.length).toBeGreaterThan(0);
    for (const { level, message } of host.logs)
      expect([level, message]).toEqual(['warn', expect.stringMatching(/^Terminated .* over all sockets/)]);
    const reader = await open(host);
    await vi.waitFor(() => expect([...host.server.sockets].filter(({ readyState }) => readyState !== 1)).toEqual([]));
    const next = messages(reader);
    for (const socket of host.server.sockets) socket.send('served');
    expect(await next()).toBe('served');
  });

  it('of a socket that is ended are free within the same turn', async () => {
    setFlagsFromString('--expose-gc');
    const collect: unknown = runInNewContext('gc');
    const used = (): number => {
      if (typeof collect === 'function') for (let round = 0; round < 3; round += 1) Reflect.apply(collect, undefined, []);
      return process.memoryUsage().arrayBuffers;
    };
    const host = await startHost({ default: () => undefined }, { limits: { bufferedMaximum: 64 * megabyte } });
    const stalled = await rawClient(host);
    stalled.pause();
    const [peer] = host.server.sockets;
    const before = used();
    const isOpen = (): boolean => peer?.readyState === peer?.OPEN;
    while (isOpen()) peer?.send(Buffer.alloc(megabyte));
    // What the kernel was given and has not taken is all that may be left.
    expect(used() - before).toBeLessThan(16 * megabyte);
  });

  it('that accumulate over time end those with the most', async () => {
    const closes = recorder<string>();
    const host = await startHost(
      {
        default: ({ method, socket, url }) => {
          if (method === 'WebSocket:close') closes.record(url);
          if (method === 'WebSocket:message') socket.send(Buffer.alloc(megabyte));
        },
      },
      { limits: { bufferedTotal: 8 * megabyte, bufferedMaximum: 64 * megabyte } },
    );
    const greedy = await rawClient(host, true, '/greedy');
    greedy.pause();
    const modest = await open(host, '/modest');
    for (let sent = 0; sent < 40; sent += 1) greedy.write(Buffer.from([0x81, 0x80, 0, 0, 0, 0]));
    expect(await closes.seen(1)).toEqual(['/greedy']);
    modest.send('x');
    expect((await messages(modest)()).length).toBe(megabyte);
    expect(host.server.size).toBe(1);
  });
});
