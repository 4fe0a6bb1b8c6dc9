import { HttpConnection, toGet, toPost } from '../connection.ts';
import type { Counted, Throughput } from '../jobs.ts';
import { RawWebSocket, toFrame } from './websocket.ts';

interface Tally {
  count: number;
  failed: number;
  done: boolean;
}

/** Keeps one request or message under way on each connection for the time; counts the answers. */
export async function measureThroughput(job: Throughput): Promise<Counted> {
  const tally: Tally = { count: 0, failed: 0, done: false };
  const open = job.kind === 'http' ? openHttp : openWebSocket;
  const lines = await Promise.all(Array.from({ length: job.connections }, () => open(job, tally)));
  const begun = performance.now();
  for (const line of lines) line.go();
  await new Promise((resolve) => setTimeout(resolve, job.duration));
  const { count, failed } = tally;
  const took = performance.now() - begun;
  tally.done = true;
  for (const line of lines) line.close();
  return { count, failed, took };
}

interface Line {
  go(): void;
  close(): void;
}

async function openHttp({ port, path, body }: Throughput, tally: Tally): Promise<Line> {
  const request = body === undefined ? toGet(path) : toPost(path, body);
  const connection = await HttpConnection.open(port, () => (tally.failed += tally.done ? 0 : 1));
  const go = (): void => {
    connection.send(request, ({ status }) => {
      if (status === 200) tally.count++;
      else tally.failed++;
      if (!tally.done) go();
    });
  };
  return { go, close: () => connection.close() };
}

async function openWebSocket({ port }: Throughput, tally: Tally): Promise<Line> {
  const frame = toFrame('a message of about thirty bytes');
  const socket: RawWebSocket = await RawWebSocket.open(
    port,
    () => {
      tally.count++;
      if (!tally.done) socket.send(frame);
    },
    () => (tally.failed += tally.done ? 0 : 1),
  );
  return { go: () => socket.send(frame), close: () => socket.close() };
}
