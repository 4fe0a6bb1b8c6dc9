import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { createBuilder } from '../../runtime/build/builder.ts';
import type { LogRecord } from '../../runtime/kernel/ports/logger.ts';
import type { WorkerSettings } from '../../runtime/kernel/protocol/settings.ts';
import { ServedApp } from '../../runtime/worker/process/served-app.ts';
import { WebSocket } from 'ws';
import { defaultLimits } from '../limits.ts';

/** What a worker is given unless a test says otherwise. */
export const settings: WorkerSettings = {
  appId: 'test-app',
  serverSecret: 'a secret of the host',
  env: { COLOR: 'red' },
  packagesDir: tmpdir(),
  uploadDir: tmpdir(),
  databaseUri: undefined,
  origins: undefined,
  limits: defaultLimits,
};

/** A worker's app that serves sources: built, loaded and called as in a host, in this process. */
export interface Host {
  readonly address: string;
  readonly logs: readonly LogRecord[];
  /** Calls a function over HTTP. */
  call(path: string, init?: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

/** Starts a host with these functions, by name. */
export async function startHost(sources: Readonly<Record<string, string>>): Promise<Host> {
  const builder = createBuilder();
  const logs: LogRecord[] = [];
  const worker = new ServedApp({ settings, sendLogs: (records) => logs.push(...records) });
  const builds = await Promise.all(Object.entries(sources).map(([name, source]) => builder.build({ name, source })));
  const functions = builds.map(({ name, compiled }) => ({ name, revision: 1, methods: undefined, code: compiled.code, map: compiled.map }));
  worker.functions.install({ functions, deleted: [] });
  worker.server.listen(0, '127.0.0.1');
  await once(worker.server, 'listening');
  const bound = worker.server.address();
  if (typeof bound !== 'object' || bound === null) throw new Error('the server has no port');
  const address = `127.0.0.1:${bound.port}`;
  return {
    address,
    logs,
    call: (path, init) => fetch(`http://${address}${path}`, init),
    close: async () => {
      await worker.close(1_000);
      worker.functions.close();
      await builder.close();
    },
  };
}

/** A client that hands out its messages one by one. */
export interface Client {
  readonly socket: WebSocket;
  next(): Promise<unknown>;
  close(): Promise<void>;
}

/** Connects to a host; messages must be JSON. */
export function connect(url: string, headers: Readonly<Record<string, string>> = {}): Client {
  const socket = new WebSocket(url, { headers: { ...headers } });
  const messages: unknown[] = [];
  const waiting: ((message: unknown) => void)[] = [];
  socket.on('message', (text: Buffer) => {
    const message: unknown = JSON.parse(text.toString());
    const take = waiting.shift();
    if (take) take(message);
    else messages.push(message);
  });
  return {
    socket,
    next: async () => (messages.length > 0 ? messages.shift() : new Promise((resolve) => waiting.push(resolve))),
    close: async () => {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}
