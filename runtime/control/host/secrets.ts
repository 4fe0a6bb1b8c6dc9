import { createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import type { FunctionStore } from '../../kernel/ports/function-store.ts';

/** Who the admin is. */
export interface AdminGate {
  /** Whether the token is the admin's; takes the same time for each wrong one. */
  isAdmin(token: string): boolean;
  /**
   * Keeps the hash of a token that was made, so that the next start knows it, and resolves to the token, to be
   * shown once; undefined when none was made, or when another host on the same store was first. To be
   * called once it can be shown: a start that fails shows nothing.
   */
  keep(): Promise<string | undefined>;
  /** Tells by a salt whether the token is still the same, and says no more of it: it takes long to try a guess. */
  fingerprint(salt: string): Promise<string>;
}

/** Takes the given admin token, or the one made at the first start, of which only a hash is kept. */
export async function openAdminGate(store: FunctionStore, given: string | undefined): Promise<AdminGate> {
  const kept = given === undefined ? await store.setting('adminTokenHash') : undefined;
  const made = given === undefined && kept === undefined ? randomBytes(24).toString('base64url') : undefined;
  let expected = kept === undefined ? hash(given ?? made ?? '') : Buffer.from(kept, 'hex');
  return {
    isAdmin: (token) => timingSafeEqual(hash(token), expected),
    keep: async () => {
      if (made === undefined) return undefined;
      const own = expected.toString('hex');
      const first = await store.keepSetting('adminTokenHash', own);
      expected = Buffer.from(first, 'hex');
      return first === own ? made : undefined;
    },
    fingerprint: async (salt) => (await derive(expected, salt)).toString('hex'),
  };
}

function derive(secret: Buffer, salt: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(secret, salt, 32, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

function hash(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
