import type { LatencyJob, LatencyResult } from '../jobs.ts';
import { quantile } from '../report.ts';
import { RawWebSocket, toFrame } from './websocket.ts';

const frame = toFrame('a message of about thirty bytes');
/** Milliseconds that the messages of one turn may take. */
const patience = 20_000;

/** A message that goes to and fro on one connection. */
interface PingPong {
  /** Sends it so many times, each time once it has come back; resolves with the median of the times, in microseconds. */
  play(times: number): Promise<number>;
  close(): void;
}

/** Plays on a connection to each of the ports by turns, so that what else the machine does meets all of them. */
export async function measureLatency({ ports, turns, messages }: LatencyJob): Promise<LatencyResult> {
  const lines = await Promise.all(ports.map((port) => open(port)));
  try {
    // What is not compiled yet would count for the first.
    for (const line of lines) await line.play(messages);
    const medians = ports.map((): number[] => []);
    for (let turn = 0; turn < turns; turn++) {
      const order = [...lines.entries()];
      // Whoever comes second may meet a warmer or a busier machine.
      for (const [index, line] of turn % 2 === 0 ? order : order.toReversed()) medians[index]?.push(await line.play(messages));
    }
    return { medians };
  } finally {
    for (const line of lines) line.close();
  }
}

async function open(port: number): Promise<PingPong> {
  let heard = (): void => {};
  let lost = (): void => {};
  const socket = await RawWebSocket.open(
    port,
    () => heard(),
    () => lost(),
  );
  const play = (times: number): Promise<number> =>
    new Promise((resolve, reject) => {
      const late = setTimeout(() => lost(), patience);
      const took: number[] = [];
      let sent = 0;
      const send = (): void => {
        sent = performance.now();
        socket.send(frame);
      };
      lost = () => {
        clearTimeout(late);
        reject(new Error('an echo has not come'));
      };
      heard = () => {
        took.push((performance.now() - sent) * 1_000);
        if (took.length < times) send();
        else {
          clearTimeout(late);
          resolve(quantile(took, 0.5));
        }
      };
      send();
    });
  return { play, close: () => socket.close() };
}
