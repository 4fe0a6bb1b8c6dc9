import { type Debugger, type HeapProfiler, Session } from 'node:inspector';
import { fileURLToPath } from 'node:url';
import type { CompiledFrame, MemorySuspect } from '../../kernel/protocol/watchdog-report.ts';

/**
 * Milliseconds to wait for the other thread, which responds only while it runs JavaScript or a regular expression; and
 * while memory fills, which may end the process first.
 */
const answerTime = 1_000;
const shortAnswerTime = 400;

/** Bytes between two samples of the heap. */
const samplingInterval = 256 * 1024;

const suspectsLimit = 5;

/** A stack as far as it could be read. */
export interface ReadStack {
  readonly frames: readonly CompiledFrame[];
  readonly where?: string;
}

/** The host's own program, which says nothing about whose fault it is. */
const ownFolder = new URL('./', import.meta.url).href;

/** The inspector shows paths as file URLs. */
const compiledUrl = /(?:^|\/)hearth:([\w./-]+)@(\d+)(?:#|%23)\d+$/;

/**
 * Looks into the worker's own thread from beside it. The debugger is enabled only for a thread that
 * is about to be ended: enabled, it makes asynchronous code several times slower. Where the thread may
 * not be inspected, stacks are empty.
 */
export class MainThreadInspector {
  readonly #session: Session | undefined;
  #sampling = false;

  /** Connects; under Node's permission model, where Node would abort the whole process, nobody may. */
  constructor(inspectable: boolean) {
    this.#session = inspectable ? connect() : undefined;
  }

  /** Stops the thread where it is and reads its stack; it stays stopped. */
  async stop({ isUrgent = false }: { readonly isUrgent?: boolean } = {}): Promise<ReadStack> {
    const session = this.#session;
    if (!session) return { frames: [] };
    const urls = new Map<string, string>();
    session.on('Debugger.scriptParsed', ({ params }) => urls.set(params.scriptId, params.url));
    return within<ReadStack>({ frames: [] }, isUrgent ? shortAnswerTime : answerTime, (resolve) => {
      session.once('Debugger.paused', ({ params }) => resolve(toStack(params.callFrames, urls)));
      session.post('Debugger.enable');
      session.post('Debugger.pause');
    });
  }

  /** Begins to note which code allocates what stays in memory: the only thing that tells whose leak it is (`heap-leak` in docs/faults.md). */
  startSampling(): void {
    if (this.#sampling) return;
    this.#sampling = true;
    this.#session?.post('HeapProfiler.startSampling', { samplingInterval });
  }

  /** The functions that have allocated most of what was sampled and is still in use. */
  async suspects(): Promise<readonly MemorySuspect[]> {
    const session = this.#session;
    if (!session || !this.#sampling) return [];
    return within<readonly MemorySuspect[]>([], shortAnswerTime, (resolve) => {
      session.post('HeapProfiler.getSamplingProfile', (error, answer) => resolve(error ? [] : toSuspects(answer.profile.head)));
    });
  }
}

function connect(): Session | undefined {
  try {
    const session = new Session();
    session.connectToMainThread();
    return session;
  } catch {
    return undefined;
  }
}

async function within<T>(otherwise: T, time: number, ask: (resolve: (value: T) => void) => void): Promise<T> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, time, otherwise);
    ask((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}

function toStack(callFrames: readonly Debugger.CallFrame[], urls: ReadonlyMap<string, string>): ReadStack {
  const positions = callFrames.map(({ location }) => ({
    url: urls.get(location.scriptId) ?? '',
    line: location.lineNumber + 1,
    column: (location.columnNumber ?? 0) + 1,
  }));
  const frames = positions.flatMap(({ url, line, column }) => {
    const [, name, revision] = compiledUrl.exec(url) ?? [];
    return name === undefined ? [] : [{ function: name, revision: Number(revision), line, column }];
  });
  const top = positions.find(({ url }) => url !== '' && !url.startsWith('node:') && !url.startsWith(ownFolder));
  return { frames, ...(top && !compiledUrl.test(top.url) && { where: `${toPath(top.url)}:${top.line}` }) };
}

/** V8 knows packages by the URLs of their files. */
function toPath(url: string): string {
  return url.startsWith('file:') ? fileURLToPath(url) : url;
}

function toSuspects(head: HeapProfiler.SamplingHeapProfileNode): readonly MemorySuspect[] {
  const bytes = new Map<string, number>();
  // A function is to blame for what others allocate on its behalf.
  const open = [{ node: head, blamed: '' }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { node } = next;
    const blamed = compiledUrl.test(node.callFrame.url) ? node.callFrame.url : next.blamed;
    if (blamed !== '') bytes.set(blamed, (bytes.get(blamed) ?? 0) + node.selfSize);
    for (const child of node.children) open.push({ node: child, blamed });
  }
  return [...bytes]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, suspectsLimit)
    .map(([url, size]) => {
      const [, name = '', revision = '0'] = compiledUrl.exec(url) ?? [];
      return { function: name, revision: Number(revision), bytes: size };
    });
}
