import { readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { WebSocket } from 'ws';
import { messageOf } from '../../kernel/errors.ts';
import type { LogLevel } from '../../kernel/logger.ts';
import { type CheckLimits, type WorkspaceChecker, createChecker } from './check.ts';
import { type Compiler, findCompiler, findHostPackages } from './compiler.ts';
import { Session, closing } from './session.ts';
import { type Root, Uris } from './uris.ts';
import { type FunctionSource, Workspace } from './workspace.ts';

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
export interface LanguageOptions {
  /** The folder for the functions as files; wiped. */
  readonly dir: string;
  /** The folder of the SDK's sources. */
  readonly sdk: string;
  /** The folder in which the app's own packages are installed. */
  readonly packagesDir: string;
  readonly functions: readonly FunctionSource[];
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

/** Makes the language service, with all functions on the disk; whoever made it closes it. */
export async function createLanguage(options: LanguageOptions): Promise<Language> {
  const { log, functions } = options;
  const limits = { ...defaultLanguageLimits, ...options.limits };
  const compiler = 'compiler' in options ? options.compiler : findCompiler();
  if (!compiler)
    log('warn', 'TypeScript is missing for this platform, so that there are no completions and checks: install optional dependencies.');
  const hostPackages = findHostPackages();
  const workspace = await Workspace.open({ ...options, hostPackages });
  const warn = (error: unknown): void => log('warn', `The language service does not have the newest functions: ${messageOf(error)}`);
  await workspace.apply(functions, []).catch(warn);
  const libs = await libraries({ workspace, packagesDir: options.packagesDir, hostPackages, compiler });
  const uris = new Uris([{ path: workspace.app, alias: '/app' }, ...libs]);
  const checker = createChecker(workspace, compiler, limits);
  const sessions = new Set<Session>();
  const makeRoom = (): void => {
    const open = [...sessions].filter(({ ending }) => !ending);
    if (open.length < limits.sessions) return;
    const [idle] = open.toSorted((a, b) => a.usedAt - b.usedAt);
    idle?.close('idle');
  };
  const readable = [{ path: join(workspace.app, 'sdk'), alias: '' }, ...libs];
  return {
    connect(socket) {
      if (!compiler) return socket.close(closing.unavailable.code, closing.unavailable.reason);
      makeRoom();
      const { idleTime, messageLimit } = limits;
      const onEnd = (): void => void sessions.delete(session);
      const session: Session = new Session({
        socket,
        compiler,
        uris,
        app: workspace.app,
        dir: workspace.dir,
        idleTime,
        messageLimit,
        onEnd,
      });
      sessions.add(session);
    },
    readSource: (uri) => readSource(uris.toPath(uri), readable),
    functionsChanged(changed, deleted) {
      workspace
        .apply(changed, deleted)
        .then((events) => sessions.forEach((session) => events.length > 0 && session.filesChanged(events)))
        .catch(warn);
    },
    packagesChanged: () => sessions.forEach((session) => session.close('restarted')),
    status: () => ({ available: compiler !== undefined, pids: [...sessions].flatMap(({ pid }) => pid ?? []) }),
    check: (given) => checker.check(given),
    async close() {
      const ended = [...sessions].map((session) => session.ended);
      for (const session of sessions) session.close('restarted');
      await Promise.all([...ended, checker.close()]);
    },
  };
}

interface Libraries {
  readonly workspace: Workspace;
  readonly packagesDir: string;
  readonly hostPackages: string;
  readonly compiler: Compiler | undefined;
}

/** The folders that declarations come from; first the real ones, then the links to them in the workspace. */
async function libraries({ workspace, packagesDir, hostPackages, compiler }: Libraries): Promise<readonly Root[]> {
  const packages = join(await realpath(packagesDir).catch(() => packagesDir), 'node_modules');
  return [
    { path: packages, alias: '/lib/app' },
    { path: hostPackages, alias: '/lib/host' },
    ...(compiler ? [{ path: compiler.libs, alias: '/lib/typescript' }] : []),
    { path: join(workspace.app, 'node_modules'), alias: '/lib/app' },
    { path: join(workspace.dir, 'node_modules'), alias: '/lib/host' },
  ];
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
