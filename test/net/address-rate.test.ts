import { describe, expect, it } from 'vitest';
import { AddressRate } from '../../runtime/net/address-rate.ts';
import { handshake, startHost } from '../worker/sockets/host.ts';

const silent = { default: () => undefined };

/** How many of `count` calls at `now` are let through. */
function taken(rate: AddressRate, address: string, count: number, now: number): number {
  return Array.from({ length: count }, () => rate.take(address, now)).filter(Boolean).length;
}

describe('AddressRate', () => {
  it.each([1, 3, 7, 200])('lets an address do twice its %i a second at once, then so many each second', (perSecond) => {
    const rate = new AddressRate(perSecond, []);
    expect(taken(rate, 'a', 1000, 0)).toBe(2 * perSecond);
    expect(taken(rate, 'a', 1000, 1000)).toBe(perSecond);
    expect(taken(rate, 'b', 1000, 1000)).toBe(2 * perSecond);
    expect(taken(rate, 'a', 1000, 60_000)).toBe(2 * perSecond);
  });

  it('saves up no more than a burst for an address that it still remembers', () => {
    const rate = new AddressRate(200, []);
    taken(rate, 'busy', 400, 0);
    taken(rate, 'a', 1, 0);
    expect(taken(rate, 'a', 1000, 1900)).toBe(400);
  });

  it('takes an address that is mapped into IPv6 for itself, and an unknown one as free', () => {
    const rate = new AddressRate(1, ['10.0.0.1', '::ffff:10.0.0.2']);
    expect([taken(rate, '10.1.1.1', 2, 0), rate.take('::ffff:10.1.1.1', 0)]).toEqual([2, false]);
    expect(taken(rate, '::ffff:10.0.0.1', 50, 0)).toBe(50);
    expect(taken(rate, '10.0.0.2', 50, 0)).toBe(50);
    expect(rate.take(undefined, 0)).toBe(true);
  });

  it('remembers only who asked a moment ago, and nothing of a trusted address', () => {
    const rate = new AddressRate(10, ['10.0.0.1']);
    rate.take('10.0.0.1', 0);
    expect(rate.size).toBe(0);
    for (let index = 0; index < 1000; index += 1) rate.take(`a${index}`, 0);
    expect(rate.size).toBe(1000);
    rate.take('b', 5000);
    expect(rate.size).toBe(1);
  });

  it('remembers a bounded number of addresses', () => {
    const rate = new AddressRate(10, []);
    for (let index = 0; index < 60_000; index += 1) rate.take(`a${index}`, 0);
    expect(rate.size).toBeLessThanOrEqual(50_000);
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
