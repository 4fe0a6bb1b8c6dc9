import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { WebSocket } from 'ws';

/** Bytes of the message that is broadcast. Its frame has four more: two of them for such a length. */
export const messageLength = 500;

/** What the function of the benchmark does, with ws alone: a loop over all sockets. Answers its JSON. */
export async function broadcastPlainly(sockets: ReadonlySet<WebSocket>): Promise<string> {
  const message = { text: 'x'.repeat(messageLength - '{"text":""}'.length) };
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  await delay(5);
  const before = process.cpuUsage();
  const begun = Number(process.hrtime.bigint()) / 1e6;
  let sent = 0;
  const text = JSON.stringify(message);
  for (const socket of sockets) {
    if (socket.readyState !== socket.OPEN) continue;
    socket.send(text);
    sent += 1;
  }
  await delay(5);
  const { user, system } = process.cpuUsage(before);
  histogram.disable();
  return JSON.stringify({ sent, begun, block: histogram.max / 1e6, cpu: (user + system) / 1e3, kernel: system / (user + system) });
}
