import { createHash, randomBytes } from 'node:crypto';
import { type KeptSession, openSessionFile, type SessionFile, type SessionFileOptions } from './session-file.ts';

/** Milliseconds that a session lasts after its last renewal. */
export const sessionLifetime = 14 * 24 * 3_600_000;

/** Milliseconds between two renewals: not each request is to write the file. */
const renewalInterval = 3_600_000;

const maximumSessions = 100;

export interface Session {
  readonly expiresAt: number;
}

interface LiveSession extends KeptSession {
  expiresAt: number;
  /** What ends with it. */
  readonly ends: Set<() => void>;
}

/** What {@link Sessions} are opened with; `now` answers milliseconds. */
export interface SessionsOptions extends SessionFileOptions {
  readonly now?: () => number;
}

/** The sessions of the console. Secrets are handed out once and kept as hashes only. */
export class Sessions {
  readonly #file: SessionFile;
  readonly #now: () => number;
  /** By the hash of the secret; those renewed last stand last. */
  readonly #live = new Map<string, LiveSession>();

  private constructor(file: SessionFile, now: () => number) {
    this.#file = file;
    this.#now = now;
    const kept = file.kept.filter(({ expiresAt }) => expiresAt > now()).slice(-maximumSessions);
    for (const { hash, expiresAt } of kept) this.#live.set(hash, { hash, expiresAt, ends: new Set() });
  }

  /** Takes up the sessions of an earlier start, unless the admin token is another one now. */
  static async open(options: SessionsOptions): Promise<Sessions> {
    return new Sessions(await openSessionFile(options), options.now ?? Date.now);
  }

  /** Begins a session and answers its secret once the session is kept; beyond a hundred the oldest one ends. */
  async create(): Promise<string> {
    const secret = randomBytes(32).toString('base64url');
    const hash = hashOf(secret);
    this.#live.set(hash, { hash, expiresAt: this.#now() + sessionLifetime, ends: new Set() });
    for (const session of this.#live.values()) {
      if (session.expiresAt > this.#now() && this.#live.size <= maximumSessions) break;
      this.#end(session);
    }
    await this.#write();
    return secret;
  }

  /** The session of this secret, if it has not ended. */
  find(secret: string): Session | undefined {
    const session = this.#live.get(hashOf(secret));
    if (session === undefined || session.expiresAt > this.#now()) return session;
    this.#end(session);
    return undefined;
  }

  /** Has the session last on, at most once an hour; whether it does so now. */
  renew(secret: string): boolean {
    const session = this.#live.get(hashOf(secret));
    const expiresAt = this.#now() + sessionLifetime;
    if (session === undefined || expiresAt - session.expiresAt < renewalInterval) return false;
    session.expiresAt = expiresAt;
    this.#live.delete(session.hash);
    this.#live.set(session.hash, session);
    void this.#write();
    return true;
  }

  /** Ends the session of this secret; resolves when that is kept. */
  async revoke(secret: string): Promise<void> {
    const session = this.#live.get(hashOf(secret));
    if (session === undefined) return;
    this.#end(session);
    await this.#write();
  }

  /** Has `end` called when the session of this secret ends; answers how to have it no more. */
  onEnd(secret: string, end: () => void): () => void {
    const session = this.#live.get(hashOf(secret));
    session?.ends.add(end);
    return () => session?.ends.delete(end);
  }

  async close(): Promise<void> {
    await this.#file.settled();
  }

  #end(session: LiveSession): void {
    this.#live.delete(session.hash);
    for (const end of session.ends) end();
    session.ends.clear();
  }

  #write(): Promise<void> {
    return this.#file.write(Array.from(this.#live.values(), ({ hash, expiresAt }) => ({ hash, expiresAt })));
  }
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
