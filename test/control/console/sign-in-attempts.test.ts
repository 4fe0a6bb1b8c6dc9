import { describe, expect, it } from 'vitest';
import { SignInAttempts } from '../../../runtime/control/console/sign-in-attempts.ts';
import { SignInCode } from '../../../runtime/control/console/sign-in-code.ts';

describe('SignInAttempts', () => {
  it('lets an address fail ten times, then once in ten seconds', () => {
    let now = 1_000_000;
    const attempts = new SignInAttempts(() => now);
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

  it('counts an IPv6 address with all others of its /64', () => {
    const attempts = new SignInAttempts(() => 1_000_000);
    for (let count = 0; count < 10; count++) attempts.fail(`2001:db8:1:2::${count}`);
    expect([attempts.wait('2001:db8:1:2:ffff::1'), attempts.wait('2001:db8:1:3::1')]).toEqual([10_000, 0]);
  });

  it('holds all back when very many have failed', () => {
    const attempts = new SignInAttempts(() => 1_000_000);
    for (let index = 0; index < 100; index++) attempts.fail(`192.0.2.${index}`);
    expect(attempts.wait('198.51.100.1')).toBe(1_000);
  });

  it('lets nobody wait longer than one interval, however many have failed', () => {
    const attempts = new SignInAttempts(() => 1_000_000);
    for (let count = 0; count < 1000; count++) attempts.fail('192.0.2.1');
    expect([attempts.wait('192.0.2.1'), attempts.wait('192.0.2.2')]).toEqual([10_000, 1_000]);
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
