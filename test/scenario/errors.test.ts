import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { catalogue, type ErrorCode, HearthError } from '../../runtime/kernel/errors.ts';
import { type Answer, TestHost } from './host.ts';

const tests = fileURLToPath(new URL('..', import.meta.url));
let host: TestHost;

beforeAll(async () => {
  host = await TestHost.start({
    env: { REQUEST_LIMIT_SIZE: '1kb', RUN_TIMEOUT_MS: '200', UPGRADE_TIMEOUT_MS: '100', WEBSOCKET_ORIGINS: 'https://good.example' },
  });
  await host.publish('ok', 'export default (ctx) => ctx.body;');
});

afterAll(() => host[Symbol.asyncDispose]());

describe('catalogue', () => {
  it('every code stands in a test that triggers it', () => {
    const texts = readdirSync(tests, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.test.ts') || path.includes('contract'))
      .filter((path) => path.endsWith('.ts'))
      .map((path) => readFileSync(join(tests, path), 'utf8'))
      .join('\n');
    const untested = Object.keys(catalogue).filter((code) => !new RegExp(`\\b${code}\\b`).test(texts));
    expect(untested).toEqual([]);
  });

  it.each(Object.entries(catalogue))('%s reads as a sentence and has a status that fits it', (_code, { status, message }) => {
    expect(message).toMatch(/^(?:[A-Z]|process\.).*(?:\.|\{reason\})$/);
    expect(status === 0 || (status >= 400 && status <= 599)).toBe(true);
  });
});

describe('the API', () => {
  const source = 'export default () => 1;';
  const cases: readonly (readonly [ErrorCode, string, string, unknown?])[] = [
    ['ROUTE_NOT_FOUND', 'GET', '/v1/nothing'],
    ['INVALID_NAME', 'PUT', '/v1/functions/a..b', { source }],
    ['INVALID_BODY', 'PUT', '/v1/functions/x', { source: 1 }],
    ['INVALID_QUERY', 'GET', '/v1/logs?limit=none'],
    ['FUNCTION_NOT_FOUND', 'GET', '/v1/functions/none'],
    ['FUNCTION_NOT_FOUND', 'DELETE', '/v1/functions/none'],
    ['FUNCTION_NOT_FOUND', 'POST', '/v1/functions/none/rollback', { revision: 1 }],
    ['REVISION_NOT_FOUND', 'GET', '/v1/functions/ok/revisions/99'],
    ['REVISION_NOT_FOUND', 'POST', '/v1/functions/ok/rollback', { revision: 99 }],
    ['CONNECTION_NOT_FOUND', 'POST', '/v1/connections/none/send', { data: 'x' }],
    ['CONNECTION_NOT_FOUND', 'DELETE', '/v1/connections/none'],
    ['REVISION_CONFLICT', 'PUT', '/v1/functions/ok', { source, ifRevision: 7 }],
    ['SOURCE_TOO_LARGE', 'PUT', '/v1/functions/ok', { source: ' '.repeat(512 * 1024 + 1) }],
    ['BODY_TOO_LARGE', 'POST', '/v1/functions/ok/run', { request: { body: 'x'.repeat(64 * 1024 * 1024) } }],
    ['BUILD_FAILED', 'PUT', '/v1/functions/ok', { source: 'const =' }],
    ['BUILD_FAILED', 'PUT', '/v1/functions/ok', { source: "import '@/none';" }],
    ['LOAD_FAILED', 'PUT', '/v1/functions/ok', { source: 'throw null;' }],
    ['LOAD_FAILED', 'POST', '/v1/functions/ok/run', { source: 'throw Object.create(null);' }],
    ['RUN_TIMED_OUT', 'POST', '/v1/functions/ok/run', { source: 'export default () => new Promise(() => {});' }],
  ];

  it.each(cases.map(([code, method, path, body]) => ({ code, method, path, body })))(
    'answers $code to $method $path',
    async ({ code, method, path, body }) => {
      const { status, json } = await host.api(method, path, body);
      expect(json).toMatchObject({ error: { code } });
      expect(status).toBe(catalogue[code].status);
      // Every blank of the sentence is filled in.
      expect(json.error.message).not.toMatch(/\{\w+\}/);
    },
  );

  it('answers UNAUTHORIZED without the token', async () => {
    const response = await fetch(`http://127.0.0.1:${host.consolePort}/v1/functions`);
    expect([response.status, await response.json()]).toMatchObject([401, { error: { code: 'UNAUTHORIZED' } }]);
  });

  it('a refused change changes nothing', async () => {
    const before = await host.api('GET', '/v1/functions/ok');
    for (const [, method, path, body] of cases.filter((one) => one[2] === '/v1/functions/ok')) await host.api(method, path, body);
    expect((await host.api('GET', '/v1/functions/ok')).json).toEqual(before.json);
  });
});

describe('requests', () => {
  const send = (body: string, type: string, headers: Record<string, string> = {}): Promise<Answer> =>
    host.call('/ok', { method: 'POST', body, headers: { 'content-type': type, ...headers } });

  it.each<readonly [ErrorCode, () => Promise<Answer>]>([
    ['BODY_TOO_LARGE', () => send('x'.repeat(2000), 'text/plain')],
    ['BODY_INVALID', () => send('{', 'application/json')],
    ['BODY_INVALID', () => send('<a>', 'text/xml')],
    ['BODY_UNSUPPORTED', () => send('x', 'application/json; charset=klingon')],
    ['BODY_UNSUPPORTED', () => send('x', 'text/plain', { 'content-encoding': 'none-such' })],
    ['INVALID_URL', () => host.call('/%ff')],
  ])('answer %s', async (code, request) => {
    const { status, json, headers } = await request();
    expect(json).toMatchObject({ code, requestId: headers.get('request-id'), error: expect.not.stringMatching(/\{\w+\}/) });
    expect(status).toBe(catalogue[code].status);
  });

  it.each<readonly [ErrorCode, string]>([
    ['BAD_REQUEST', 'HELLO\r\n\r\n'],
    ['HEADERS_TOO_LARGE', `GET /ok HTTP/1.1\r\nHost: x\r\nX-A: ${'a'.repeat(70_000)}\r\n\r\n`],
  ])('answer %s to what is no request', async (code, text) => {
    const socket = connect(host.port, '127.0.0.1');
    let answer = '';
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.write(text);
    await once(socket, 'close');
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${catalogue[code].status} `));
    expect(answer).toContain(`"code":"${code}"`);
  });
});

describe('upgrades', () => {
  async function refusal(headers: Record<string, string> = {}): Promise<unknown> {
    const socket = new WebSocket(`ws://127.0.0.1:${host.port}/`, { headers });
    const [, response] = await once(socket, 'unexpected-response');
    let text = '';
    for await (const chunk of response) text += String(chunk);
    return { status: response.statusCode, ...JSON.parse(text) };
  }

  it.each<readonly [ErrorCode, string, Record<string, string>]>([
    ['UPGRADE_INVALID', 'export default () => {};', { 'sec-websocket-protocol': 'a b' }],
    ['UPGRADE_ORIGIN', 'export default () => {};', { origin: 'https://bad.example' }],
    ['UPGRADE_REFUSED', 'export const upgrade = () => false; export default () => {};', { origin: 'https://good.example' }],
    ['UPGRADE_TIMEOUT', 'export const upgrade = () => new Promise(() => {}); export default () => {};', {}],
  ])('answer %s', async (code, source, headers) => {
    await host.publish('__websocket__', source);
    const error = new HearthError(code, { limit: 100 });
    expect(await refusal(headers)).toEqual({ status: error.status, code, error: error.message });
  });

  it('answer UPGRADE_NO_FUNCTION', async () => {
    await host.api('DELETE', '/v1/functions/__websocket__');
    expect(await refusal()).toMatchObject({ status: 404, code: 'UPGRADE_NO_FUNCTION' });
  });
});

describe('functions', () => {
  it.each<readonly [ErrorCode, string]>([
    ['FUNCTION_MISSING', "require('@lafjs/cloud').default.invoke('none')"],
    ['FUNCTION_MISSING', "Promise.resolve().then(() => require('@/' + 'none'))"],
    ['FUNCTION_NO_HANDLER', "require('@lafjs/cloud').default.invoke('helper')"],
    ['PROCESS_REFUSED', 'Promise.resolve().then(() => process.exit())'],
    ['DATABASE_UNAVAILABLE', "Promise.resolve().then(() => require('@lafjs/cloud').default.mongo)"],
    ['DATABASE_UNAVAILABLE', "Promise.resolve().then(() => require('@lafjs/cloud').default.database())"],
    ['STORAGE_UNAVAILABLE', "Promise.resolve().then(() => require('@lafjs/cloud').default.storage)"],
  ])('get %s from %s', async (code, expression) => {
    await host.publish('helper', 'export const helper = 1;');
    await host.publish(
      'asks',
      `export default () => ${expression}.then(() => 'none', (error) => ({ code: error.code, message: error.message, isError: error instanceof Error }));`,
    );
    expect((await host.call('/asks')).json).toEqual({ code, message: expect.not.stringMatching(/\{\w+\}/), isError: true });
  });
});
