import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { FunctionStore } from '../kernel/store.ts';

/** Who the admin is. */
export interface AdminGate {
  /** Whether the token is the admin's; takes the same time for each wrong one. */
  isAdmin(token: string): boolean;
  /** The token that was made at this start, to be shown once; undefined otherwise. */
  readonly made: string | undefined;
  /** Keeps the hash of the token that was made, so that the next start knows it. To be called once it can be shown: a start that fails shows nothing. */
  keep(): Promise<void>;
}

/** Takes the given admin token, or the one made at the first start, of which only a hash is kept. */
export async function openAdminGate(store: FunctionStore, given: string | undefined): Promise<AdminGate> {
  const kept = given === undefined ? await store.setting('adminTokenHash') : undefined;
  const made = given === undefined && kept === undefined ? randomBytes(24).toString('base64url') : undefined;
  const expected = kept === undefined ? hash(given ?? made ?? '') : Buffer.from(kept, 'hex');
  return {
    made,
    isAdmin: (token) => timingSafeEqual(hash(token), expected),
    keep: async () => {
      if (made !== undefined) await store.putSetting('adminTokenHash', expected.toString('hex'));
    },
  };
}

/** The secret that signs the app's tokens: the given one, or one made at the first start and kept. */
export async function openServerSecret(store: FunctionStore, given: string | undefined): Promise<string> {
  const kept = given ?? (await store.setting('serverSecret'));
  if (kept !== undefined) return kept;
  const made = randomBytes(32).toString('base64url');
  await store.putSetting('serverSecret', made);
  return made;
}

function hash(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
