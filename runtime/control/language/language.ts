import { readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { WebSocket } from 'ws';
import { messageOf } from '../../kernel/errors.ts';
import type { LogLevel } from '../../kernel/ports/logger.ts';
import { type CheckLimits, type WorkspaceChecker, createChecker } from './check.ts';
import { type Compiler, findCompiler } from './compiler.ts';
import { type Ground, type GroundOptions, LazyGround } from './language-folder.ts';
import { Session, closing } from './language-session.ts';
import type { Root } from './uris.ts';
import type { FunctionSource } from './workspace.ts';

/** What the language service keeps to. */
export interface LanguageLimits extends CheckLimits {
  /** How many language servers run at once, one for each tab; the one that is idle for longest gives way. */
  readonly sessions: number;
  /** Milliseconds without a message after which one ends. */
  readonly idleTime: number;
  /** Bytes of one message from a browser. */
  readonly messageLimit: number;
}

/** What it keeps to unless told otherwise. */
const defaultLanguageLimits: LanguageLimits = {
  sessions: 4,
  idleTime: 600_000,
  messageLimit: 8 * 1024 * 1024,
  checkTime: 15_000,
  checks: 2,
};

/** What the language service is made from. */
export interface LanguageOptions extends Omit<GroundOptions, 'compiler'> {
  readonly log: (level: LogLevel, message: string) => void;
  readonly limits?: Partial<LanguageLimits>;
  /** Undefined: TypeScript is not there for this platform. Absent: it is looked for. */
  readonly compiler?: Compiler | undefined;
}

/** How the language service is. */
export interface LanguageStatus {
  /** Whether there is a TypeScript for this platform. */
  readonly available: boolean;
  /** Process ids of the language servers that run. */
  readonly pids: readonly number[];
}

/** TypeScript for editors and for checks. */
export interface Language extends WorkspaceChecker {
  /** Gives the browser behind an accepted connection a language server of its own. */
  connect(socket: WebSocket): void;
  /**
   * The text of a read-only file that the language server has named: a declaration of a package, of
   * TypeScript or of the SDK, of at most 2 MiB. Undefined for all else.
   */
  readSource(uri: string): Promise<string | undefined>;
  /** Tells what went live; never throws and is not to be waited for. */
  functionsChanged(changed: readonly FunctionSource[], deleted: readonly string[]): void;
  /** Ends the language servers, which would not see new packages; browsers come back at once. */
  packagesChanged(): void;
  status(): LanguageStatus;
}

const sourceLimit = 2 * 1024 * 1024;

/**
 * Makes the language service; its maker closes it. The functions are written to the disk when
 * somebody asks for it the first time.
 */
export function createLanguage(options: LanguageOptions): Language {
  const { log } = options;
  const limits = { ...defaultLanguageLimits, ...options.limits };
  const compiler = 'compiler' in options ? options.compiler : findCompiler();
  if (!compiler)
    log(
      'warn',
      'TypeScript is not installed for this platform, so the editor has no completions and checks. Install optional dependencies to get them.',
    );
  const warn = (error: unknown): void => log('warn', `The language service could not load the newest functions: ${messageOf(error)}`);
  const ground = new LazyGround({ ...options, compiler });
  const checker = createChecker(async () => (await ground.open()).workspace, compiler, limits);
  const sessions = new Set<Session>();
  let closed = false;
  const begin = (socket: WebSocket, found: Compiler, { workspace, uris }: Ground): void => {
    if (closed) return socket.close(closing.restarted.code, closing.restarted.reason);
    makeRoom(sessions, limits.sessions);
    const { idleTime, messageLimit } = limits;
    const onEnd = (): void => void sessions.delete(session);
    const { app, dir } = workspace;
    const session: Session = new Session({ socket, compiler: found, uris, app, dir, idleTime, messageLimit, onEnd });
    sessions.add(session);
  };
  return {
    connect(socket) {
      if (!compiler) return socket.close(closing.unavailable.code, closing.unavailable.reason);
      // What the browser says, and whether it goes, is heard by the session.
      socket.pause();
      const refuse = (error: unknown): void => {
        warn(error);
        socket.close(closing.restarted.code, closing.restarted.reason);
      };
      void ground
        .open()
        .then((open) => begin(socket, compiler, open))
        .catch(refuse)
        .finally(() => socket.resume());
    },
    async readSource(uri) {
      const { uris, readable } = await ground.open();
      return readSource(uris.toPath(uri), readable);
    },
    functionsChanged(changed, deleted) {
      ground
        .apply(changed, deleted)
        .then((events) => sessions.forEach((session) => events.length > 0 && session.filesChanged(events)))
        .catch(warn);
    },
    packagesChanged: () => sessions.forEach((session) => session.close('restarted')),
    status: () => ({ available: compiler !== undefined, pids: [...sessions].flatMap(({ pid }) => pid ?? []) }),
    check: (given) => checker.check(given),
    async close() {
      closed = true;
      const ended = [...sessions].map((session) => session.ended);
      for (const session of sessions) session.close('restarted');
      await Promise.all([...ended, checker.close(), ground.settled()]);
    },
  };
}

/** Ends the session that is idle for longest when there are as many as there may be. */
function makeRoom(sessions: Iterable<Session>, limit: number): void {
  const open = [...sessions].filter(({ ending }) => !ending);
  if (open.length < limit) return;
  const [idle] = open.toSorted((a, b) => a.usedAt - b.usedAt);
  idle?.close('idle');
}

async function readSource(path: string | undefined, roots: readonly Root[]): Promise<string | undefined> {
  if (path === undefined || !/\.(?:[cm]?ts|json)$/.test(path)) return undefined;
  try {
    // What is read is what was looked at: a link may lead out of the folder.
    const real = await realpath(path);
    if (!roots.some((root) => real.startsWith(join(root.path, '/'))) || !/\.(?:[cm]?ts|json)$/.test(real)) return undefined;
    const { size } = await stat(real);
    return size > sourceLimit ? undefined : await readFile(real, 'utf8');
  } catch {
    return undefined;
  }
}
