import { describe, expect, it } from 'vitest';
import { PendingImport, whenLoaded } from '../../../runtime/kernel/functions/pending-import.ts';

describe('whenLoaded()', () => {
  it('returns at once what needs nothing, and throws what it throws', () => {
    expect(whenLoaded(() => 1)).toBe(1);
    expect(() =>
      whenLoaded(() => {
        throw new RangeError('no');
      }),
    ).toThrow(RangeError);
  });

  it('tries again after each package, one after another', async () => {
    const tried: string[] = [];
    const missing = ['a', 'b'];
    const outcome = whenLoaded(() => {
      tried.push(missing.join(''));
      const next = missing.shift();
      if (next !== undefined) throw new PendingImport(next, Promise.resolve());
      return 'loaded';
    });
    expect(await outcome).toBe('loaded');
    expect(tried).toEqual(['ab', 'b', '']);
  });

  it('gives up on a package that takes too long, with the position of its import', async () => {
    const pending = new PendingImport('slow', new Promise(() => {}));
    const outcome = whenLoaded(() => {
      throw pending;
    }, 5);
    await expect(outcome).rejects.toBe(pending);
    expect(pending.message).toContain('Package "slow" uses top-level await');
    expect(pending.stack).toContain('pending-import.test.ts');
  });
});

describe('loaded', () => {
  it('rejects with what the package threw, and names the importer in its stack', async () => {
    class PackageError extends Error {
      readonly code = 'BROKEN';
    }
    const thrown = new PackageError('broken');
    thrown.stack = 'PackageError: broken\n    at package.js:1:1';
    const pending = new PendingImport('broken', Promise.reject(thrown));
    const error: unknown = await pending.loaded.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(PackageError);
    expect(error).toMatchObject({ message: 'broken', code: 'BROKEN' });
    expect(Reflect.get(Object(error), 'stack')).toMatch(/^PackageError: broken\n {4}at package\.js:1:1\n {4}at .*pending-import\.test\.ts/);
    expect(thrown.stack).not.toContain('pending-import.test.ts');
  });

  it('leaves an error as it is whose members work on itself alone', async () => {
    const thrown = new DOMException('gone', 'AbortError');
    await expect(new PendingImport('aborted', Promise.reject(thrown)).loaded).rejects.toBe(thrown);
  });

  it('leaves what is no error as it is', async () => {
    let fail: (reason: unknown) => void = () => {};
    const loading = new Promise<void>((_, reject) => {
      fail = reject;
    });
    const { loaded } = new PendingImport('odd', loading);
    fail('just text');
    await expect(loaded).rejects.toBe('just text');
  });
});
