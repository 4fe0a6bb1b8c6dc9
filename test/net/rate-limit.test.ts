import { describe, expect, it } from 'vitest';
import { RateLimit } from '../../runtime/net/rate-limit.ts';
import { handshake, startHost } from '../worker/sockets/host.ts';

const silent = { default: () => undefined };

const createLimit = (perSecond: number) => new RateLimit({ burst: 2 * perSecond, interval: 1000 / perSecond });

/** How many of `times` at `now` need not wait. */
function taken(limit: RateLimit, address: string, times: number, now: number): number {
  let count = 0;
  for (let index = 0; index < times; index += 1) {
    if (limit.wait(address, now) > 0) continue;
    limit.count(address, now);
    count += 1;
  }
  return count;
}

describe('RateLimit', () => {
  it.each([1, 3, 7, 200])('lets an address do its burst at once, then %i each second', (perSecond) => {
    const limit = createLimit(perSecond);
    expect(taken(limit, 'a', 1000, 0)).toBe(2 * perSecond);
    expect(taken(limit, 'a', 1000, 1000)).toBe(perSecond);
    expect(taken(limit, 'b', 1000, 1000)).toBe(2 * perSecond);
    expect(taken(limit, 'a', 1000, 60_000)).toBe(2 * perSecond);
  });

  it('saves up no more than a burst for an address that it still remembers', () => {
    const limit = createLimit(200);
    taken(limit, 'busy', 400, 0);
    taken(limit, 'a', 1, 0);
    expect(taken(limit, 'a', 1000, 1900)).toBe(400);
  });

  it('lets nobody wait longer than an interval, however often it counts', () => {
    const limit = createLimit(10);
    for (let index = 0; index < 1000; index += 1) limit.count('a', 0);
    expect(limit.wait('a', 0)).toBe(100);
  });

  it('remembers only addresses that were counted a moment ago', () => {
    const limit = createLimit(10);
    for (let index = 0; index < 1000; index += 1) limit.count(`a${index}`, 0);
    expect(limit.size).toBe(1000);
    limit.count('b', 5000);
    expect(limit.size).toBe(1);
  });

  it('remembers a bounded number of addresses', () => {
    const limit = createLimit(10);
    for (let index = 0; index < 60_000; index += 1) limit.count(`a${index}`, 0);
    expect(limit.size).toBe(50_000);
  });
});

describe('upgrades of one address', () => {
  it('beyond the limit are answered 429 UPGRADE_TOO_MANY, those of others are not', async () => {
    const host = await startHost(silent, { limits: { addressUpgrades: 2 } });
    const from = (localAddress: string) => handshake(host, {}, { localAddress });
    const replies = await Promise.all(Array.from({ length: 30 }, () => from('127.0.0.2')));
    const refused = replies.filter(({ status }) => status !== 101);
    // Four at once, and a few more should this take seconds.
    expect(refused.length).toBeGreaterThan(0);
    expect(replies.length - refused.length).toBeGreaterThanOrEqual(4);
    for (const reply of refused) {
      expect(reply).toMatchObject({
        status: 429,
        headers: { 'retry-after': '1' },
        body: { code: 'UPGRADE_TOO_MANY', error: 'This address opens more than 2 connections a second. Try again in a moment.' },
      });
    }
    expect(host.app.counters.refused).toBe(refused.length);
    expect((await from('127.0.0.3')).status).toBe(101);
  });

  it('are not limited for a trusted address', async () => {
    const host = await startHost(silent, { limits: { addressUpgrades: 1, trustedAddresses: ['127.0.0.1'] } });
    const replies = await Promise.all(Array.from({ length: 20 }, () => handshake(host)));
    expect(replies.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 101));
    expect(host.app.counters.refused).toBe(0);
  });
});
