import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Compiler } from './compiler.ts';
import { FrameReader, frame } from './framing.ts';

/** Bytes of one message from the language server; its largest are lists of completions, a few MiB. */
const messageLimit = 64 * 1024 * 1024;

/** Where a language server is started, and what it tells. */
export interface ProcessOptions {
  readonly compiler: Compiler;
  /** Its working folder, home and place for temporary files. */
  readonly dir: string;
  readonly onMessage: (message: unknown) => void;
  /** Called once, when the process has ended for whatever reason. */
  readonly onEnd: () => void;
}

/** One TypeScript language server. It ends when this process does: its standard input is closed then. */
export class LanguageProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly ended: Promise<void>;

  constructor({ compiler, dir, onMessage, onEnd }: ProcessOptions) {
    this.#child = spawn(compiler.program, ['--lsp', '--stdio'], {
      cwd: dir,
      // Nothing of the host's own environment, and no PATH: TypeScript would start npm to get types that are missing.
      env: { HOME: dir, TMPDIR: dir, GOMEMLIMIT: '200MiB' },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const reader = new FrameReader(messageLimit);
    this.#child.stdout.on('data', (chunk: Buffer) => {
      try {
        for (const message of reader.take(chunk)) onMessage(message);
      } catch {
        // Where the next message would begin is unknown.
        this.kill();
      }
    });
    // A process that has gone is told by its end.
    this.#child.stdin.on('error', () => undefined);
    this.ended = new Promise((resolve) => {
      const end = (): void => {
        resolve();
        onEnd();
      };
      this.#child.once('error', () => this.#child.pid === undefined && end());
      this.#child.once('exit', end);
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Sends a message; false when the process should be given time to read. */
  send(message: unknown): boolean {
    return !this.#child.stdin.writable || this.#child.stdin.write(frame(message));
  }

  /** Calls back once it has read what was sent. */
  onceRead(listener: () => void): void {
    this.#child.stdin.once('drain', listener);
  }

  /** Stops or goes on to read what it says. */
  flow(flowing: boolean): void {
    if (flowing) this.#child.stdout.resume();
    else this.#child.stdout.pause();
  }

  /** Ends it at once: it has nothing to save. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
