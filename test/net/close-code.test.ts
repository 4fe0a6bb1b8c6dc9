import { describe, expect, it } from 'vitest';
import { fitsCloseFrame, isSendableCode } from '../../runtime/net/close-code.ts';

describe('isSendableCode()', () => {
  it.each([1000, 1001, 1003, 1007, 1014, 3000, 4999])('accepts %s', (code) => expect(isSendableCode(code)).toBe(true));
  it.each([0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 1000.5, Number.NaN])('refuses %s, which no close frame may carry', (code) =>
    expect(isSendableCode(code)).toBe(false),
  );
});

describe('fitsCloseFrame()', () => {
  it('counts bytes, not characters', () => {
    expect([fitsCloseFrame('a'.repeat(123)), fitsCloseFrame('a'.repeat(124)), fitsCloseFrame('é'.repeat(62))]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
