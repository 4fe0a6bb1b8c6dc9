import { once } from 'node:events';
import type { WebSocket } from 'ws';
import { TestHost } from '../scenario/host.ts';
import { sources } from './demo-sources.ts';

/** A host with an app that has everything that the console shows. */
export interface Demo extends AsyncDisposable {
  readonly host: TestHost;
}

const patience = { tries: 200, pause: 100 };

/** Starts a host and fills it: folders, revisions with notes, logs, a crash, a function that is disabled, deleted ones, sockets of users. */
export async function startDemo(): Promise<Demo> {
  const host = await TestHost.start({ env: { WORKER_STUCK_MS: '600', FUNCTION_CPU_LIMIT_MS: '300' } });
  const sockets: WebSocket[] = [];
  const stopped = new AbortController();
  const stop = async (): Promise<void> => {
    stopped.abort();
    for (const socket of sockets) socket.terminate();
    await host[Symbol.asyncDispose]();
  };
  try {
    await publishAll(host);
    await crash(host);
    sockets.push(...(await connectUsers(host)));
    await talk(host, sockets);
    goOn(host, sockets, stopped.signal);
  } catch (error) {
    await stop();
    throw error;
  }
  return { host, [Symbol.asyncDispose]: stop };
}

async function publishAll(host: TestHost): Promise<void> {
  for (const [name, revisions] of sources) {
    for (const [note, source] of revisions) await host.publish(name, source, { note });
  }
  for (const name of ['legacy/export', 'legacy/import-csv']) await host.api('DELETE', `/v1/functions/${encodeURIComponent(name)}`);
}

async function crash(host: TestHost): Promise<void> {
  await host.call('/images/caption').catch(() => undefined);
  for (let left = patience.tries; left > 0; left--) {
    const { json } = await host.api('GET', '/v1/status');
    if (json.quarantined.length > 0 && json.worker.state === 'serving') return;
    await new Promise((resolve) => setTimeout(resolve, patience.pause));
  }
  throw new Error('The function that ends its worker was not disabled.');
}

async function connectUsers(host: TestHost): Promise<WebSocket[]> {
  const sockets: WebSocket[] = [];
  for (const name of ['ada', 'grace', 'linus', 'margaret']) {
    const { text } = await host.call(`/auth/login?name=${name}`);
    sockets.push(
      await host.connect(`/__websocket__?room=${name === 'linus' ? 'support' : 'lobby'}`, { headers: { authorization: `Bearer ${text}` } }),
    );
  }
  return sockets;
}

/** Traffic for the log and the counters. */
async function talk(host: TestHost, sockets: readonly WebSocket[]): Promise<void> {
  for (const [at, socket] of sockets.entries()) {
    for (let count = 0; count <= at * 3; count++) {
      const answered = once(socket, 'message');
      socket.send(JSON.stringify({ type: 'say', text: 'Is anybody here?' }));
      await answered;
    }
  }
  for (let round = 0; round < 4; round++) {
    await host.call('/orders/create', order(round));
    await host.call('/orders/list');
    await host.call(`/hello?name=${round}`);
  }
  await host.call('/orders/create', order(-1));
}

/** Goes on with traffic that comes and goes, so that there is something to plot. */
function goOn(host: TestHost, sockets: readonly WebSocket[], signal: AbortSignal): void {
  let beat = 0;
  const timer = setInterval(() => {
    beat++;
    const strength = 3 + Math.round(3 * Math.sin(beat / 12));
    // What fails here fails the picture as well: nobody need hear of it twice.
    for (let count = 0; count < strength; count++) host.call('/health', { signal }).catch(() => undefined);
    for (const socket of sockets.slice(0, Math.ceil(strength / 2))) socket.send('ping');
  }, 250);
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
}

function order(quantity: number): RequestInit {
  const body = JSON.stringify({ customer: 'ada', items: [{ sku: 'log-05', quantity, price: 1250 }] });
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body };
}
