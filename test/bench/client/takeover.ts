import { HttpConnection, toGet } from '../connection.ts';
import type { TakeoverResult } from '../jobs.ts';

/** Milliseconds: of connections before the kill and after the first answer, between two of them, and that any may wait. */
const before = 300;
const after = 500;
const pause = 5;
const patience = 15_000;

const request = toGet('/hello');

interface Watch {
  readonly port: number;
  killed: number;
  first: number;
  attempts: number;
  refused: number;
  cut: number;
  longest: number;
}

/** Makes a connection with one request on it every few milliseconds, kills the process, and watches until they are answered again. */
export async function watchTakeover({ port, pid }: { readonly port: number; readonly pid: number }): Promise<TakeoverResult> {
  const watch: Watch = { port, killed: Infinity, first: NaN, attempts: 0, refused: 0, cut: 0, longest: 0 };
  const busy = await Promise.all(Array.from({ length: 8 }, () => keepBusy(port)));
  const begun = performance.now();
  const visits: Promise<void>[] = [];
  for (let now = begun; now < begun + patience && !(now > watch.killed + watch.first + after); now = performance.now()) {
    if (watch.killed === Infinity && now > begun + before) {
      process.kill(pid, 'SIGKILL');
      watch.killed = performance.now();
    }
    visits.push(visit(watch));
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  await Promise.all(visits);
  for (const connection of busy) connection.close();
  return { refused: watch.refused, attempts: watch.attempts, cut: watch.cut, firstAnswer: watch.first, longestWait: watch.longest };
}

/** A client that always has a request under way, until its connection is cut. */
async function keepBusy(port: number): Promise<HttpConnection> {
  const connection = await HttpConnection.open(port);
  const go = (): void => connection.send(request, go);
  go();
  return connection;
}

async function visit(watch: Watch): Promise<void> {
  const begun = performance.now();
  watch.attempts++;
  const outcome = await attempt(watch.port);
  const ended = performance.now();
  if (outcome === 'refused') watch.refused++;
  if (outcome === 'cut') watch.cut++;
  if (outcome !== 'answered') return;
  watch.longest = Math.max(watch.longest, ended - begun);
  if (begun > watch.killed && Number.isNaN(watch.first)) watch.first = ended - watch.killed;
}

async function attempt(port: number): Promise<'answered' | 'refused' | 'cut'> {
  let end: () => void = () => {};
  const gone = new Promise<'cut'>((resolve) => {
    end = () => resolve('cut');
  });
  try {
    const connection = await HttpConnection.open(port, end);
    const answered = new Promise<'answered'>((resolve) => {
      connection.send(request, ({ status }) => {
        if (status === 200) resolve('answered');
      });
    });
    const late = setTimeout(end, patience);
    const outcome = await Promise.race([answered, gone]);
    clearTimeout(late);
    connection.close();
    return outcome;
  } catch {
    return 'refused';
  }
}
