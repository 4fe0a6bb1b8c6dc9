import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { SignInCode } from '../../../runtime/control/console/sign-in-code.ts';
import { createConsole } from '../../../runtime/control/console/console-handler.ts';
import { openFiles } from '../../../runtime/control/console/static-files.ts';
import { Gate } from '../../../runtime/control/console/gate.ts';
import type { LanguageService } from '../../../runtime/control/console/language-socket.ts';
import { createPeers } from '../../../runtime/control/console/peer.ts';
import { openConsole } from '../../../runtime/control/console/console-server.ts';
import { Sessions } from '../../../runtime/control/console/sessions.ts';
import { type CallOptions, type Reply, send, token } from '../api/client.ts';
import { startHost } from '../api/host.ts';

/** How a console is started. */
interface ConsoleOptions {
  /** Whose headers of a proxy count. */
  readonly trusted?: readonly string[];
  /** The web app's files by their paths; none is built if absent. */
  readonly web?: Readonly<Record<string, string | Buffer>>;
  readonly language?: LanguageService;
  readonly functionsUrl?: string;
}

/** A console on a port, over an API whose services are in memory. */
export interface TestConsole {
  readonly port: number;
  readonly origin: string;
  readonly code: SignInCode;
  /** All that was logged. */
  logs(): string;
  call(method: string, path: string, options?: CallOptions & { readonly body?: unknown }): Promise<Reply>;
  /** Signs in by the token and answers the `Cookie` header. */
  signIn(): Promise<string>;
  /** Ends what a host ends when it stops. */
  close(): Promise<void>;
}

/** Starts a console that ends with the test. */
export async function startConsole(options: ConsoleOptions = {}): Promise<TestConsole> {
  const host = await startHost();
  const dir = await tempDir();
  for (const [path, content] of Object.entries(options.web ?? {})) {
    await mkdir(join(dir, 'web', path, '..'), { recursive: true });
    await writeFile(join(dir, 'web', path), content);
  }
  const server = await openConsole('127.0.0.1', 0);
  const code = new SignInCode();
  const sessions = await Sessions.open({ file: join(dir, 'sessions.json'), fingerprint: async () => 'same', onError: () => {} });
  const services = { version: '1.2.3', logs: host.logs, isAdmin: (given: string) => given === token };
  const gate = new Gate(sessions, createPeers(options.trusted ?? []));
  const parts = {
    services,
    api: host.api,
    gate,
    code,
    functionsPort: 4567,
    functionsUrl: options.functionsUrl,
    language: options.language,
  };
  const served = createConsole(parts, openFiles(join(dir, 'web')));
  server.use(served);
  let closing: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    await served.close();
    await server.close();
  };
  const close = (): Promise<void> => (closing ??= end());
  onTestFinished(close);
  const { port } = server;
  const call: TestConsole['call'] = (method, path, { body, ...rest } = {}) => send({ port, method, path, body, token: null, ...rest });
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    code,
    logs: () => JSON.stringify(host.logs.query({}, 1000)),
    call,
    signIn: async () => cookieOf(await call('POST', '/_/session', { body: { token } })),
    close,
  };
}

/** The cookie of an answer, as a browser sends it back. */
export function cookieOf(reply: Reply): string {
  const [cookie = ''] = reply.headers['set-cookie'] ?? [];
  return cookie.split(';', 1)[0] ?? '';
}

/** A folder that is removed when the test ends. */
export async function tempDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'hearth-console-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** Asks for an upgrade; resolves with the open socket, or with the status of the plain answer. */
export function upgrade(port: number, path: string, headers: Readonly<Record<string, string>> = {}): Promise<WebSocket | number> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers });
  onTestFinished(() => socket.terminate());
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket));
    socket.once('unexpected-response', (_, response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    socket.on('error', reject);
  });
}
