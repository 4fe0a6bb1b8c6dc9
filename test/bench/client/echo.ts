import { RawWebSocket, toFrame } from './websocket.ts';

/**
 * What the process is sent: connections to open, then how long to use them before they are closed. It answers each with
 * an {@link EchoResult} or an error.
 */
export type EchoJob = OpenJob | { readonly duration: number };

interface OpenJob {
  readonly port: number;
  readonly connections: number;
  /** Messages that are under way on each connection, sent by one write. */
  readonly depth: number;
  /** The message: at most 125 bytes. */
  readonly text: string;
}

interface EchoResult {
  readonly count: number;
  readonly failed: number;
  /** Milliseconds. */
  readonly took: number;
  /** What share of one core this process used meanwhile. */
  readonly busy: number;
}

interface Tally {
  count: number;
  failed: number;
  done: boolean;
}

interface Line {
  go(): void;
  close(): void;
}

const nothing: EchoResult = { count: 0, failed: 0, took: 0, busy: 0 };
/** Connections that are being opened at any time. */
const abreast = 50;
/** Milliseconds after which a server that has echoed nothing counts as silent. */
const silence = 10_000;

class Echo {
  #lines: Line[] = [];
  #tally: Tally = { count: 0, failed: 0, done: false };

  async open(job: OpenJob): Promise<void> {
    this.#tally = { count: 0, failed: 0, done: false };
    while (this.#lines.length < job.connections) {
      const more = Math.min(abreast, job.connections - this.#lines.length);
      this.#lines.push(...(await Promise.all(Array.from({ length: more }, () => open(job, this.#tally)))));
    }
  }

  async use(duration: number): Promise<EchoResult> {
    const before = process.cpuUsage();
    const begun = performance.now();
    for (const line of this.#lines) line.go();
    await new Promise((resolve) => setTimeout(resolve, duration));
    // A server that starts a process for each message may need longer for its first.
    while (this.#tally.count + this.#tally.failed === 0 && performance.now() - begun < silence)
      await new Promise((resolve) => setTimeout(resolve, 10));
    const took = performance.now() - begun;
    const { user, system } = process.cpuUsage(before);
    const { count, failed } = this.#tally;
    this.#tally.done = true;
    for (const line of this.#lines) line.close();
    this.#lines = [];
    return { count, failed, took, busy: (user + system) / 1_000 / took };
  }
}

async function open({ port, depth, text }: OpenJob, tally: Tally): Promise<Line> {
  const frames = Buffer.concat(Array.from({ length: depth }, () => toFrame(text)));
  let missing = 0;
  const socket: RawWebSocket = await RawWebSocket.open(
    port,
    (payload) => {
      if (payload.length !== text.length) tally.failed++;
      else tally.count++;
      if (--missing === 0 && !tally.done) go();
    },
    () => (tally.failed += tally.done ? 0 : 1),
  );
  const go = (): void => {
    missing = depth;
    socket.send(frames);
  };
  return { go, close: () => socket.close() };
}

const echo = new Echo();

process.on('message', (job: EchoJob) => {
  const work = 'duration' in job ? echo.use(job.duration) : echo.open(job);
  work.then(
    (result) => process.send?.({ result: result ?? nothing }),
    (error: unknown) => process.send?.({ error: error instanceof Error ? error.message : String(error) }),
  );
});
// Nobody else would end it.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
