import { randomBytes } from 'node:crypto';
import type { FunctionStore } from '../../../kernel/ports/function-store.ts';

/** The secret that signs the app's tokens: the given one, or one made at the first start and kept. */
export async function openServerSecret(store: FunctionStore, given: string | undefined): Promise<string> {
  const kept = given ?? (await store.setting('serverSecret'));
  if (kept !== undefined) return kept;
  return store.keepSetting('serverSecret', randomBytes(32).toString('base64url'));
}
