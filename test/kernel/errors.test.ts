import { describe, expect, it } from 'vitest';
import { catalogue, HearthError, messageOf } from '../../runtime/kernel/errors.ts';

const diagnostics = [{ function: 'a', line: 3, column: 9, message: 'Unexpected "}"', lineText: '  }' }];

describe('HearthError', () => {
  it('fills its message from the details', () => {
    const error = new HearthError('REVISION_CONFLICT', { name: 'a', current: 3, expected: 2 });
    expect(error.message).toMatch(/^Function "a" is at revision 3, not 2:/);
    expect([error.code, error.status, error.name]).toEqual(['REVISION_CONFLICT', 409, 'HearthError']);
  });

  it('fills details word for word, whatever patterns they hold', () => {
    expect(new HearthError('FUNCTION_NOT_FOUND', { name: "$& $1 $' {name}" }).message).toBe(
      `Function "$& $1 $' {name}" was not found. Publish it first, or check the name.`,
    );
  });

  it('leaves a place that no detail fills, also one that every object inherits', () => {
    expect(new HearthError('FUNCTION_NOT_FOUND').message).toBe('Function "{name}" was not found. Publish it first, or check the name.');
    expect(new HearthError('FUNCTION_NOT_FOUND', Object.create({ name: 'inherited' })).message).toContain('{name}');
  });

  it('keeps its cause out of its report', () => {
    const cause = new Error('with a secret');
    const error = new HearthError('INTERNAL', {}, { cause });
    expect(error.cause).toBe(cause);
    expect(JSON.stringify(error.toReport())).not.toContain('secret');
  });

  it('has no cause property when there is none', () => {
    expect('cause' in new HearthError('INTERNAL')).toBe(false);
  });

  it('toReport() and fromReport() keep code, message, details and diagnostics across JSON', () => {
    const error = new HearthError('BUILD_FAILED', { reason: 'Unexpected "}"' }, { diagnostics });
    const back = HearthError.fromReport(JSON.parse(JSON.stringify(error.toReport())));
    expect(back).toBeInstanceOf(HearthError);
    expect(back.toReport()).toEqual(error.toReport());
    expect(back.toReport()).toEqual({
      code: 'BUILD_FAILED',
      message: 'The source does not compile: Unexpected "}"',
      details: { reason: 'Unexpected "}"' },
      diagnostics,
    });
  });

  it('toReport() has no diagnostics when the error has none', () => {
    const report = new HearthError('INTERNAL').toReport();
    expect('diagnostics' in report).toBe(false);
    expect(HearthError.fromReport({ code: report.code, message: report.message }).toReport()).toEqual(report);
  });

  it('every row of the catalogue is a sentence with a status that HTTP has, or none', () => {
    for (const [code, { status, message }] of Object.entries(catalogue)) {
      expect([code, status === 0 || (status >= 400 && status < 600)]).toEqual([code, true]);
      expect(`${code}: ${message}`).toMatch(/^[A-Z_]+: [A-Z{p][^\n]+[.}]$/);
    }
  });
});

describe('messageOf()', () => {
  it.each<[string, unknown, string]>([
    ['an error', new TypeError('no'), 'no'],
    ['a string', 'no', 'no'],
    ['undefined', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a symbol', Symbol('no'), 'Symbol(no)'],
    ['a bigint', 10n, '10'],
    ['an object', {}, '[object Object]'],
    ['an error with a number for a message', Object.assign(new Error('x'), { message: 5 }), '5'],
    ['an error with a symbol for a message', Object.assign(new Error('x'), { message: Symbol('no') }), 'Symbol(no)'],
  ])('answers a string for %s', (_, thrown, message) => {
    expect(messageOf(thrown)).toBe(message);
  });

  const fail = (): never => {
    throw new Error('hostile');
  };
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  it.each<[string, unknown]>([
    ['an object without a prototype', Object.create(null)],
    ['a toString() that throws', { toString: fail }],
    ['a message getter that throws', Object.defineProperty(new Error('x'), 'message', { get: fail })],
    ['a message that cannot be shown', Object.assign(new Error('x'), { message: { toString: fail } })],
    ['a proxy that throws', new Proxy({}, { getPrototypeOf: fail, get: fail })],
    ['a revoked proxy', revoked.proxy],
  ])('does not throw for %s', (_, thrown) => {
    expect(messageOf(thrown)).toBe('a value that cannot be shown was thrown');
  });
});
