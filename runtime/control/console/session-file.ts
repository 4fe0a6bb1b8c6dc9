import { randomBytes } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { messageOf } from '../../kernel/errors.ts';

export interface KeptSession {
  /** The SHA-256 hash of its secret, in hexadecimal. */
  readonly hash: string;
  readonly expiresAt: number;
}

/** Where sessions outlive the host, and whose they are. */
export interface SessionFileOptions {
  readonly file: string;
  /** Says by a salted hash which admin token holds, so that another one ends the sessions. */
  readonly fingerprint: (salt: string) => Promise<string>;
  readonly onError: (message: string) => void;
}

export interface SessionFile {
  /** The sessions that it had when it was opened. */
  readonly kept: readonly KeptSession[];
  /** Replaces what is in it; never throws, `onError` is told instead. Writes one after another. */
  write(sessions: readonly KeptSession[]): Promise<void>;
  settled(): Promise<void>;
}

const shape = z.object({
  version: z.literal(1),
  salt: z.string().min(16),
  fingerprint: z.string(),
  sessions: z.array(z.object({ hash: z.string().regex(/^[\da-f]{64}$/), expiresAt: z.number() })),
});

/** Reads the file; one that cannot be read, or is of another admin token, has no sessions. */
export async function openSessionFile({ file, fingerprint, onError }: SessionFileOptions): Promise<SessionFile> {
  const found = await read(file, onError);
  const salt = found?.salt ?? randomBytes(16).toString('base64url');
  const own = await fingerprint(salt);
  let writing: Promise<void> = Promise.resolve();
  const write = (sessions: readonly KeptSession[]): Promise<void> => {
    const text = `${JSON.stringify({ version: 1, salt, fingerprint: own, sessions })}\n`;
    writing = writing
      .then(() => replace(file, text))
      .catch((error: unknown) => onError(`The console's sessions could not be saved: ${messageOf(error)}`));
    return writing;
  };
  const valid = found?.fingerprint === own;
  // Otherwise they would be back with the token.
  if (found !== undefined && !valid) await write([]);
  return { kept: valid ? found.sessions : [], write, settled: () => writing };
}

async function read(file: string, onError: (message: string) => void): Promise<z.infer<typeof shape> | undefined> {
  try {
    return shape.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    // What is wrong with it is not told: it would quote the file.
    if (!missing) onError(`The console's sessions cannot be read and were dropped. Sign in again. File: ${file}`);
    return undefined;
  }
}

/** A reader sees the old text or the new one, never a part. */
async function replace(file: string, text: string): Promise<void> {
  const next = `${file}.${process.pid}.new`;
  try {
    await writeFile(next, text, { mode: 0o600, flush: true });
    await rename(next, file);
  } catch (error) {
    await rm(next, { force: true });
    throw error;
  }
}
