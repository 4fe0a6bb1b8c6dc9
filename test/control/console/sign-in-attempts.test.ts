import { describe, expect, it } from 'vitest';
import { Attempts, networkOf } from '../../../runtime/control/console/sign-in-attempts.ts';
import { SignInCode } from '../../../runtime/control/console/sign-in-code.ts';

describe('Attempts', () => {
  it('lets an address fail ten times, then once in ten seconds', () => {
    let now = 1_000_000;
    const attempts = new Attempts(() => now);
    for (let count = 0; count < 10; count++) {
      expect(attempts.wait('192.0.2.1')).toBe(0);
      attempts.fail('192.0.2.1');
    }
    expect([attempts.wait('192.0.2.1'), attempts.wait('192.0.2.2')]).toEqual([10_000, 0]);
    now += 9_999;
    expect(attempts.wait('192.0.2.1')).toBe(1);
    now += 1;
    expect(attempts.wait('192.0.2.1')).toBe(0);
    attempts.fail('192.0.2.1');
    expect(attempts.wait('192.0.2.1')).toBe(10_000);
  });

  it('holds all back when very many have failed', () => {
    const attempts = new Attempts(() => 1_000_000);
    for (let index = 0; index < 100; index++) attempts.fail(`192.0.2.${index}`);
    expect(attempts.wait('198.51.100.1')).toBe(1_000);
  });

  it('has nobody wait for longer than one interval, however many have failed', () => {
    const attempts = new Attempts(() => 1_000_000);
    for (let count = 0; count < 1000; count++) attempts.fail('192.0.2.1');
    expect([attempts.wait('192.0.2.1'), attempts.wait('192.0.2.2')]).toEqual([10_000, 1_000]);
  });

  it('forgets those that may fail ten times again, and remembers at most ten thousand', () => {
    let now = 1_000_000;
    const attempts = new Attempts(() => now);
    for (let index = 0; index < 10_100; index++) attempts.fail(`10.0.${index >> 8}.${index & 255}`);
    expect(attempts.size).toBe(10_000);
    now += 10_001;
    attempts.fail('192.0.2.1');
    expect(attempts.size).toBe(1);
  });

  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:0db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('networkOf() counts %s as %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});

describe('SignInCode', () => {
  it('is good once, within an hour, and only the last one made', () => {
    let now = 0;
    const code = new SignInCode(() => now);
    expect(code.take('')).toBe(false);
    const [first, second] = [code.make(), code.make()];
    expect([code.take(first), code.take(second), code.take(second)]).toEqual([false, true, false]);
    const late = code.make();
    now += 3_600_000;
    expect(code.take(late)).toBe(false);
  });
});
