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
  first: number | undefined;
  attempts: number;
  refused: number;
  cut: number;
  unanswered: number;
  longest: number;
}

/** Makes a connection with one request on it every few milliseconds, kills the process, and watches until they are answered again. */
export async function watchTakeover({ port, pid }: { readonly port: number; readonly pid: number }): Promise<TakeoverResult> {
  const watch: Watch = { port, killed: Infinity, first: undefined, attempts: 0, refused: 0, cut: 0, unanswered: 0, longest: 0 };
  const busy = await Promise.all(Array.from({ length: 8 }, () => keepBusy(port)));
  const begun = performance.now();
  const visits: Promise<void>[] = [];
  for (let now = begun; now < begun + patience && !isOver(watch, now); now = performance.now()) {
    if (watch.killed === Infinity && now > begun + before) {
      // Those that are just being made are the ones that a dying worker could lose.
      for (let more = 0; more < 10; more++) visits.push(visit(watch));
      process.kill(pid, 'SIGKILL');
      watch.killed = performance.now();
    }
    visits.push(visit(watch));
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  await Promise.all(visits);
  for (const connection of busy) connection.close();
  const { attempts, refused, cut, unanswered, first = null, longest } = watch;
  return { attempts, refused, cut, unanswered, firstAnswer: first, longestWait: longest };
}

function isOver({ killed, first }: Watch, now: number): boolean {
  return first !== undefined && now > killed + first + after;
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
  if (outcome === 'unanswered') watch.unanswered++;
  if (outcome === 'answered' || outcome === 'unanswered') watch.longest = Math.max(watch.longest, ended - begun);
  if (outcome === 'answered' && begun > watch.killed) watch.first ??= ended - watch.killed;
}

type Attempt = 'answered' | 'unanswered' | 'refused' | 'cut';

async function attempt(port: number): Promise<Attempt> {
  let settle: (outcome: Attempt) => void = () => {};
  const settled = new Promise<Attempt>((resolve) => {
    settle = resolve;
  });
  const late = setTimeout(() => settle('unanswered'), patience);
  try {
    const connection = await HttpConnection.open(port, () => settle('cut'));
    connection.send(request, ({ status }) => settle(status === 200 ? 'answered' : 'unanswered'));
    const outcome = await settled;
    connection.close();
    return outcome;
  } catch {
    return 'refused';
  } finally {
    clearTimeout(late);
  }
}
