import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const lifetime = 3_600_000;

/** The code that signs in once; only its hash is kept, and only in memory. */
export class SignInCode {
  readonly #now: () => number;
  #made: { readonly hash: Buffer; readonly until: number } | undefined;

  /** `now` answers milliseconds. */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Makes a code that can be used once within an hour; an earlier one is void. */
  make(): string {
    const code = randomBytes(32).toString('base64url');
    this.#made = { hash: hash(code), until: this.#now() + lifetime };
    return code;
  }

  /** Whether this is the code; if it is, it was used by that. */
  take(code: string): boolean {
    const made = this.#made;
    if (made === undefined || made.until <= this.#now() || !timingSafeEqual(hash(code), made.hash)) return false;
    this.#made = undefined;
    return true;
  }
}

function hash(code: string): Buffer {
  return createHash('sha256').update(code).digest();
}
