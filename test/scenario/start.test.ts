import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TestHost } from './host.ts';
import { pidOf, workersOf } from './load.ts';

const program = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const base = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' };

let root = '';
let dataDir = '';

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hearth-start-'));
  dataDir = join(root, 'data');
});

afterEach(() => rm(root, { recursive: true, force: true }));

/** How a host ended that could not start. */
interface Failure {
  readonly code: number | null;
  readonly stderr: string;
  readonly stdout: string;
}

/** Starts a host that must end by itself. */
async function failToStart(env: Readonly<Record<string, string>>): Promise<Failure> {
  const all = { ...base, PORT: '0', CONSOLE_PORT: '0', DATA_DIR: dataDir, ...env };
  const child = spawn(process.execPath, [program], { env: all, stdio: ['ignore', 'pipe', 'pipe'], timeout: 20_000, killSignal: 'SIGKILL' });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) child[name].on('data', (chunk: Buffer) => (output[name] += chunk.toString()));
  await once(child, 'close');
  return { code: child.exitCode, ...output };
}

/** A port that somebody else listens on. */
async function occupy(): Promise<{ port: string } & AsyncDisposable> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? String(address.port) : '';
  return {
    port,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** Checks that the start failed with one line that begins with the error's code; answers the line. */
function lineOf({ code, stderr, stdout }: Failure, error: string): string {
  expect(stderr).toMatch(new RegExp(`^${error}: [^\\n]+\\n$`));
  expect(code).toBe(1);
  expect(stdout).not.toContain('Listening');
  return stderr;
}

/** Every byte that the host has written below a folder. */
async function contentsOf(dir: string): Promise<string> {
  const files = (await readdir(dir, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  expect(files.map(({ name }) => name)).toContain('hearth.db');
  const contents = await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), 'latin1')));
  return contents.join('\n');
}

describe('a start that cannot be', () => {
  it('CONFIG_INVALID names every wrong variable at once, and shows no secret', async () => {
    const wrong = {
      PORT: 'http',
      CONSOLE_PORT: '70000',
      LOG_LEVEL: 'loud',
      REQUEST_LIMIT_SIZE: 'big',
      ADMIN_TOKEN: 'shrt7x',
      SERVER_SECRET: 'quite-shrt7x',
    };
    const line = lineOf(await failToStart(wrong), 'CONFIG_INVALID');
    for (const name of Object.keys(wrong)) expect(line).toContain(`${name} `);
    expect(line).not.toContain('shrt7x');
  });

  it('CONFIG_INVALID names each variable whose file cannot be read, and what else is wrong', async () => {
    const files = { SERVER_SECRET_FILE: join(root, 'nowhere'), ADMIN_TOKEN_FILE: root };
    const line = lineOf(await failToStart({ ...files, LOG_LEVEL: 'loud' }), 'CONFIG_INVALID');
    for (const text of ['SERVER_SECRET_FILE', files.SERVER_SECRET_FILE, 'ADMIN_TOKEN_FILE', 'LOG_LEVEL']) expect(line).toContain(text);
  });

  it.each(['PORT', 'CONSOLE_PORT'])('PORT_UNAVAILABLE names %s when its port is in use', async (variable) => {
    await using other = await occupy();
    const line = lineOf(await failToStart({ [variable]: other.port }), 'PORT_UNAVAILABLE');
    expect(line).toContain(`127.0.0.1:${other.port} (EADDRINUSE)`);
    expect(line).toContain(`set ${variable} to another one`);
  });

  it('PORT_UNAVAILABLE when the address is not this machine’s', async () => {
    const line = lineOf(await failToStart({ HOST: '192.0.2.1' }), 'PORT_UNAVAILABLE');
    expect(line).toContain('192.0.2.1:0 (EADDRNOTAVAIL)');
  });

  it('CONFIG_INVALID when PORT and CONSOLE_PORT are the same', async () => {
    let port: string;
    {
      await using free = await occupy();
      ({ port } = free);
    }
    const line = lineOf(await failToStart({ PORT: port, CONSOLE_PORT: port }), 'CONFIG_INVALID');
    expect(line).toContain('CONSOLE_PORT');
  });

  it('DATA_DIR_UNAVAILABLE when it is a file', async () => {
    await writeFile(dataDir, 'a file');
    const line = lineOf(await failToStart({}), 'DATA_DIR_UNAVAILABLE');
    expect(line).toContain(dataDir);
    expect(await readFile(dataDir, 'utf8')).toBe('a file');
  });

  it('DATA_DIR_UNAVAILABLE when a running host has it, which does not notice', async () => {
    await using host = await TestHost.start({ dataDir });
    const line = lineOf(await failToStart({ ADMIN_TOKEN: 'another-token' }), 'DATA_DIR_UNAVAILABLE');
    expect(line).toContain('another process is using it');
    expect(await host.publish('still', 'export default () => "here";')).toBe(1);
    expect((await host.call('/still')).text).toBe('here');
  });

  it('starts once the reason is gone', async () => {
    await writeFile(dataDir, 'a file');
    lineOf(await failToStart({}), 'DATA_DIR_UNAVAILABLE');
    await rm(dataDir);
    await using host = await TestHost.start({ dataDir });
    expect((await host.call('/hello')).status).toBe(200);
  });
});

describe('an admin token that the first start makes', () => {
  const noToken = { ADMIN_TOKEN: '' };
  const printed = /Admin token, shown only once: (\S+)\n/g;

  function statusWith(host: TestHost, token: string): Promise<number> {
    const headers = { authorization: `Bearer ${token}` };
    return fetch(`http://127.0.0.1:${host.consolePort}/v1/functions`, { headers }).then(({ status }) => status);
  }

  function tokensIn(output: string): string[] {
    return [...output.matchAll(printed)].map(([, token = '']) => token);
  }

  it('is printed once, works from then on, and stands in no file, no log and no environment', async () => {
    await using host = await TestHost.start({ dataDir, env: noToken });
    await vi.waitUntil(() => tokensIn(host.output).length > 0, { timeout: 5_000 });
    const [token = ''] = tokensIn(host.output);
    expect(host.output.split(token).length, 'occurrences').toBe(2);
    expect(await statusWith(host, token)).toBe(200);
    expect(await statusWith(host, host.token)).toBe(401);
    expect(await statusWith(host, '')).toBe(401);
    expect(await contentsOf(dataDir)).not.toContain(token);
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const source = 'export default () => JSON.stringify([process.env, (globalThis as any).process.env, process.argv]);';
    const init = { method: 'PUT', headers, body: JSON.stringify({ source }) };
    expect((await fetch(`http://127.0.0.1:${host.consolePort}/v1/functions/env`, init)).status).toBe(201);
    const seen = await host.call('/env');
    expect(seen.text).toContain('PATH');
    expect(seen.text).not.toContain(token);
    const logs = await (await fetch(`http://127.0.0.1:${host.consolePort}/v1/logs?limit=1000`, { headers })).text();
    expect(logs).toContain('published');
    expect(logs).not.toContain(token);
    expect(await host.end()).toBe(0);
    expect(await contentsOf(dataDir)).not.toContain(token);
    await using again = await TestHost.start({ dataDir, env: noToken });
    expect(await statusWith(again, token)).toBe(200);
    expect(await again.end()).toBe(0);
    expect(tokensIn(again.output)).toEqual([]);
  });

  it('comes with a link that signs in to the console once, for a session that outlives the host', async () => {
    const console = (host: TestHost, method: string, init: RequestInit = {}): Promise<Response> =>
      fetch(`http://127.0.0.1:${host.consolePort}/_/session`, { method, ...init });
    await using host = await TestHost.start({ dataDir, env: noToken });
    const link = /\nSign in to the console with this one-time link: http:\/\/127\.0\.0\.1:(\d+)\/#code=([\w-]{43})\n/;
    await vi.waitUntil(() => link.test(host.output), { timeout: 5_000 });
    const [, port, code = ''] = link.exec(host.output) ?? [];
    expect(Number(port)).toBe(host.consolePort);
    const signIn = { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ code }) };
    const signedIn = await console(host, 'POST', signIn);
    expect(signedIn.status).toBe(204);
    expect((await console(host, 'POST', signIn)).status).toBe(401);
    const [, secret = ''] = /^hearth_console_\d+=([\w-]{43});/.exec(signedIn.headers.get('set-cookie') ?? '') ?? [];
    const session = (other: TestHost): RequestInit => ({ headers: { cookie: `hearth_console_${other.consolePort}=${secret}` } });
    expect((await console(host, 'GET', session(host))).status).toBe(200);
    expect(await contentsOf(dataDir)).not.toContain(code);
    await host.end();
    for (const kept of [code, secret]) expect(await contentsOf(dataDir)).not.toContain(kept);
    await using again = await TestHost.start({ dataDir, env: noToken });
    expect((await console(again, 'GET', session(again))).status).toBe(200);
    await again.end();
    expect(again.output).not.toContain('#code=');
    await using changed = await TestHost.start({ dataDir });
    expect((await console(changed, 'GET', session(changed))).status).toBe(401);
    await changed.end();
    expect(changed.output).not.toContain('#code=');
  });

  it('is not lost to a first start that fails', async () => {
    await using other = await occupy();
    lineOf(await failToStart({ CONSOLE_PORT: other.port }), 'PORT_UNAVAILABLE');
    await using host = await TestHost.start({ dataDir, env: noToken });
    expect(await host.end()).toBe(0);
    expect(tokensIn(host.output)).toHaveLength(1);
  });

  it('gives way to ADMIN_TOKEN, also when that comes from a file', async () => {
    await using first = await TestHost.start({ dataDir, env: noToken });
    await vi.waitUntil(() => tokensIn(first.output).length > 0, { timeout: 5_000 });
    const [made = ''] = tokensIn(first.output);
    await first.end();
    const file = join(root, 'token');
    await writeFile(file, 'a-token-from-a-file\n');
    await using host = await TestHost.start({ dataDir, env: { ...noToken, ADMIN_TOKEN_FILE: file } });
    expect(await statusWith(host, 'a-token-from-a-file')).toBe(200);
    expect(await statusWith(host, made)).toBe(401);
    expect(await contentsOf(dataDir)).not.toContain('a-token-from-a-file');
  });
});

describe('the environment of functions', () => {
  const tokens = `import cloud from '@lafjs/cloud';
export default (ctx: FunctionContext) => typeof ctx.query.token === 'string' ? cloud.parseToken(ctx.query.token) : cloud.getToken({ id: 'ada' });`;

  it('holds the app’s own variables and Laf’s, and none of the host’s', async () => {
    const secrets = {
      SERVER_SECRET: 'a-server-secret-of-mine',
      MONGODB_URI: '',
      NATS_URL: '',
      NODE_OPTIONS: '--no-deprecation',
      npm_config_registry: 'x',
    };
    await using host = await TestHost.start({ dataDir, env: { ...secrets, ADMIN_TOKEN_FILE: '/nowhere', GREETING: 'hei', EMPTY: '' } });
    const source = `import cloud from '@lafjs/cloud';\nexport default () => ({ view: process.env, global: (globalThis as any).process.env, cloud: cloud.env });`;
    await host.publish('env', source);
    const lafs = { APP_ID: 'hearth', APPID: 'hearth', SERVER_SECRET: secrets.SERVER_SECRET };
    const own = { ...base, ...lafs, GREETING: 'hei', EMPTY: '' };
    expect((await host.call('/env')).json).toEqual({ view: own, global: own, cloud: own });
  });

  it.skipIf(process.platform !== 'linux')('is all that the system shows of a worker: no token, no secret', async () => {
    const env = { SERVER_SECRET: 'a-server-secret-of-mine', MONGODB_URI: '', NATS_URL: '', GREETING: 'hei' };
    await using host = await TestHost.start({ dataDir, env });
    await vi.waitFor(async () => expect(await workersOf(pidOf(host.process))).toHaveLength(2), { timeout: 10_000 });
    for (const pid of await workersOf(pidOf(host.process))) {
      const shown = (await readFile(`/proc/${pid}/environ`, 'utf8')) + (await readFile(`/proc/${pid}/cmdline`, 'utf8'));
      expect(shown).toContain('GREETING=hei');
      expect(shown).not.toMatch(/ADMIN_TOKEN|SERVER_SECRET|MONGODB_URI|NATS_URL|DATA_DIR/);
      for (const secret of [host.token, env.SERVER_SECRET]) expect(shown).not.toContain(secret);
    }
  });

  it.each([
    ['made by the host', {}],
    ['given', { SERVER_SECRET: 'a-server-secret-of-mine' }],
  ])('has the secret of getToken() (%s), whose tokens hold after a restart', async (_, env) => {
    await using host = await TestHost.start({ dataDir, env });
    await host.publish('tokens', tokens);
    const token = (await host.call('/tokens')).text;
    expect(await host.end()).toBe(0);
    await using again = await TestHost.start({ dataDir, env });
    expect((await again.call(`/tokens?token=${token}`)).json).toMatchObject({ id: 'ada' });
    const forged = `${token.slice(0, -6)}AAAAAA`;
    expect((await again.call(`/tokens?token=${forged}`)).json ?? null).toBe(null);
  });
});
