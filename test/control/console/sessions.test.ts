import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sessionLifetime, Sessions } from '../../../runtime/control/console/sessions.ts';
import { openAdminGate } from '../../../runtime/control/host/secrets.ts';
import { memoryStore, MemoryFunctions } from '../api/fakes.ts';
import { tempDir } from './host.ts';

interface Disk {
  readonly file: string;
  readonly errors: string[];
  now: number;
  open(token?: string): Promise<Sessions>;
}

async function disk(): Promise<Disk> {
  const file = join(await tempDir(), 'console-sessions.json');
  const own: Disk = {
    file,
    errors: [],
    now: 1_700_000_000_000,
    open: async (token = 'first-token') => {
      const gate = await openAdminGate(memoryStore(new MemoryFunctions()), token);
      const onError = (message: string) => own.errors.push(message);
      return Sessions.open({ file, fingerprint: (salt) => gate.fingerprint(salt), onError, now: () => own.now });
    },
  };
  return own;
}

describe('Sessions', () => {
  it('survive a restart, in a file that only its owner reads and that holds no secret', async () => {
    const kept = await disk();
    const secret = await (await kept.open()).create();
    const text = await readFile(kept.file, 'utf8');
    expect(text).not.toContain(secret);
    expect(text).not.toContain('first-token');
    expect((await stat(kept.file)).mode & 0o777).toBe(0o600);
    expect((await kept.open()).find(secret)).toMatchObject({ expiresAt: kept.now + sessionLifetime });
    expect(kept.errors).toEqual([]);
  });

  it('end with the admin token, also when it comes back', async () => {
    const kept = await disk();
    const secret = await (await kept.open()).create();
    expect((await kept.open('second-token')).find(secret)).toBeUndefined();
    expect((await kept.open()).find(secret)).toBeUndefined();
  });

  it('end when they are revoked, also after a restart', async () => {
    const kept = await disk();
    const sessions = await kept.open();
    const [secret, other] = [await sessions.create(), await sessions.create()];
    await sessions.revoke(secret);
    expect(sessions.find(secret)).toBeUndefined();
    const again = await kept.open();
    expect([again.find(secret), again.find(other)]).toMatchObject([undefined, {}]);
  });

  it('last fourteen days after their last renewal, which comes at most once an hour', async () => {
    const kept = await disk();
    const sessions = await kept.open();
    const secret = await sessions.create();
    kept.now += 3_599_999;
    expect(sessions.renew(secret)).toBe(false);
    kept.now += 1;
    expect([sessions.renew(secret), sessions.renew(secret)]).toEqual([true, false]);
    await sessions.close();
    kept.now += sessionLifetime - 1;
    const again = await kept.open();
    expect(again.find(secret)).toBeDefined();
    kept.now += 1;
    expect([sessions.find(secret), again.find(secret), (await kept.open()).find(secret)]).toEqual([undefined, undefined, undefined]);
  });

  it('are at most a hundred: the oldest one ends', async () => {
    const sessions = await (await disk()).open();
    const ended: number[] = [];
    const secrets: string[] = [];
    for (let index = 0; index < 102; index++) {
      const secret = await sessions.create();
      sessions.onEnd(secret, () => ended.push(index));
      secrets.push(secret);
    }
    expect(secrets.filter((secret) => sessions.find(secret) === undefined)).toEqual(secrets.slice(0, 2));
    expect(ended).toEqual([0, 1]);
  });

  it.each(['', '{"version":1,', '[]', '{"version":2,"salt":"0123456789abcdef","fingerprint":"","sessions":[]}'])(
    'begin with none and a warning when the file is damaged (%j), and are kept again',
    async (text) => {
      const kept = await disk();
      await writeFile(kept.file, text);
      const sessions = await kept.open();
      expect(kept.errors).toEqual([expect.stringContaining('Sign in again')]);
      const secret = await sessions.create();
      expect((await kept.open()).find(secret)).toBeDefined();
    },
  );

  it('go on in memory, with a warning, when they cannot be kept', async () => {
    const errors: string[] = [];
    const file = join(await tempDir(), 'no-folder', 'sessions.json');
    const sessions = await Sessions.open({ file, fingerprint: async () => 'same', onError: (message) => errors.push(message) });
    const secret = await sessions.create();
    expect(sessions.find(secret)).toBeDefined();
    expect(errors).toEqual([expect.stringContaining('could not be saved')]);
  });
});
