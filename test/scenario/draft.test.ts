import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Answer, TestHost } from './host.ts';

let host: TestHost;

beforeAll(async () => {
  host = await TestHost.start({ env: { RUN_TIMEOUT_MS: '1000' } });
  await host.publish(
    'live',
    "import cloud from '@lafjs/cloud'; console.log('live at the top'); export const kind = 'live'; export default (ctx) => ({ kind, body: ctx.body });",
  );
});

afterAll(() => host[Symbol.asyncDispose]());

function run(name: string, source?: string, request: Readonly<Record<string, unknown>> = {}): Promise<Answer> {
  return host.api('POST', `/v1/functions/${encodeURIComponent(name)}/run`, { ...(source !== undefined && { source }), request });
}

describe('POST /v1/functions/{name}/run', () => {
  it('runs a draft that stays unpublished', async () => {
    const { json } = await run(
      'live',
      'export default (ctx) => ({ kind: "draft", ...ctx.body, method: ctx.method, q: ctx.query.q, h: ctx.headers["x-h"], name: ctx.__function_name });',
      {
        query: { q: 'a b' },
        headers: { 'X-H': 'yes' },
        body: { a: 1 },
      },
    );
    expect(json.response).toMatchObject({
      status: 200,
      encoding: 'utf8',
      truncated: false,
      headers: { 'content-type': 'application/json; charset=utf-8' },
    });
    expect(JSON.parse(json.response.body)).toEqual({ kind: 'draft', a: 1, method: 'POST', q: 'a b', h: 'yes', name: 'live' });
    expect((await host.call('/live')).json).toMatchObject({ kind: 'live' });
    expect((await host.api('GET', '/v1/functions/live/revisions')).json.revisions).toHaveLength(1);
  });

  it('runs a draft under a name that does not exist, and it does not exist afterwards', async () => {
    expect((await run('folder/brand-new', 'export default () => "new";')).json.response).toMatchObject({ status: 200, body: 'new' });
    expect((await host.call('/folder/brand-new')).status).toBe(404);
    expect((await host.api('GET', '/v1/functions/folder%2Fbrand-new')).status).toBe(404);
  });

  it('runs what is live without a source, and answers FUNCTION_NOT_FOUND where nothing is', async () => {
    const { json } = await run('live', undefined, { method: 'put', body: 'text', headers: { 'content-type': 'text/plain' } });
    expect(JSON.parse(json.response.body)).toEqual({ kind: 'live', body: 'text' });
    expect(await run('nothing')).toMatchObject({ status: 404, json: { error: { code: 'FUNCTION_NOT_FOUND' } } });
    expect(await run('bad..name', 'export default 1')).toMatchObject({ status: 400, json: { error: { code: 'INVALID_NAME' } } });
  });

  it('answers the log lines of the run with their positions in the source', async () => {
    const source = [
      "console.log('at the top');",
      'export default async () => {',
      "  console.warn('inside', { a: 1 });",
      '  await new Promise((resolve) => setTimeout(resolve, 1));',
      "  console.error('later');",
      '};',
    ].join('\n');
    const { json } = await run('talks', source);
    expect(json.logs).toMatchObject([
      { level: 'info', message: 'at the top', function: 'talks', line: 1 },
      { level: 'warn', message: 'inside { a: 1 }', function: 'talks', line: 3 },
      { level: 'error', message: 'later', function: 'talks', line: 5 },
    ]);
    expect(new Set(json.logs.map((line: { requestId: string }) => line.requestId))).toEqual(new Set([json.requestId]));
    expect(json.response.headers['request-id']).toBe(json.requestId);
  });

  it('a throw is a 500 with the error among the log lines', async () => {
    const { status, json } = await run('throws', 'export default async () => {\n  throw new RangeError("too far");\n};');
    expect(status).toBe(200);
    expect(json.response.status).toBe(500);
    expect(json.logs).toMatchObject([
      { level: 'error', message: 'RangeError: too far', line: 2, stack: expect.stringContaining('throws.ts:2') },
    ]);
  });

  it('a draft without a handler is a 500 that says so in its log lines', async () => {
    const { json } = await run('none', 'export const x = 1;');
    expect(json.response.status).toBe(500);
    expect(json.logs).toMatchObject([{ level: 'error', message: expect.stringContaining('exports no handler') }]);
  });

  it.each([
    ['does not compile', 'export default () => {\n  const = 1;\n};', 'BUILD_FAILED', 2],
    ['throws while loading', 'const a = 1;\n\nthrow new Error("at the top");', 'LOAD_FAILED', 3],
    ['imports what is not there', "import x from '@/live';\nimport y from '@/not-there';\nexport default () => y;", 'BUILD_FAILED', 2],
    ['requires what is not there', "const a = 1;\nconst y = require('no-such-package');\nexport default () => y;", 'LOAD_FAILED', 2],
  ])('a draft that %s is 422 with the place', async (_name, source, code, line) => {
    expect(await run('refused', source)).toMatchObject({
      status: 422,
      json: { error: { code, diagnostics: [{ function: 'refused', line }] } },
    });
  });

  it('a draft that does not answer in time is 504 RUN_TIMED_OUT', async () => {
    const answer = await run('never', 'export default () => new Promise(() => {});');
    expect(answer).toMatchObject({ status: 504, json: { error: { code: 'RUN_TIMED_OUT', limit: 1000 } } });
  });

  it('a draft whose response never ends is 504 as well', async () => {
    const answer = await run('endless', 'export default (ctx) => { ctx.response.write("a"); return new Promise(() => {}); };');
    expect(answer).toMatchObject({ status: 504, json: { error: { code: 'RUN_TIMED_OUT' } } });
  });

  it('a draft imports live functions, and those get no instance of their own', async () => {
    await host.publish('counter', 'let n = 0; export const next = () => ++n; export default next;');
    await host.call('/counter');
    expect((await run('uses', "import { next } from '@/counter'; export default () => next();")).json.response.body).toBe('2');
    expect((await host.call('/counter')).text).toBe('3');
  });

  it('what imports the draft sees the draft, within the run only', async () => {
    await host.publish('leaf', "export const leaf = 'live';");
    await host.publish('tree', "import { leaf } from './leaf'; export default () => leaf;");
    expect((await host.call('/tree')).text).toBe('live');
    expect(
      (await run('leaf', "import tree from './tree'; export const leaf = 'draft'; export default () => tree();")).json.response.body,
    ).toBe('draft');
    expect((await host.call('/tree')).text).toBe('live');
  });

  it('ends the timers of a draft with the run', async () => {
    const source = `import cloud from '@lafjs/cloud';
      cloud.shared.set('ticks', 0);
      const tick = () => cloud.shared.set('ticks', cloud.shared.get('ticks') + 1);
      setInterval(tick, 1);
      export default async () => { setInterval(tick, 1); await new Promise((resolve) => setTimeout(resolve, 20)); return cloud.shared.get('ticks') > 2; };`;
    await host.publish('ticks', "import cloud from '@lafjs/cloud'; export default () => cloud.shared.get('ticks');");
    await host.publish('pause', 'export default () => new Promise((resolve) => setTimeout(resolve, 20));');
    expect((await run('ticking', source)).json.response.body).toBe('true');
    const { text: before } = await host.call('/ticks');
    await host.call('/pause');
    expect((await host.call('/ticks')).text).toBe(before);
  });

  it('answers bytes in base64, and text as it is', async () => {
    const bytes = (await run('bytes', 'export default () => Buffer.from([0xff, 0x00, 0xfe]);')).json.response;
    expect(bytes).toMatchObject({ encoding: 'base64', body: '/wD+', headers: { 'content-type': 'application/octet-stream' } });
    const text = (await run('text', 'export default () => "ä€😀";')).json.response;
    expect(text).toMatchObject({ encoding: 'utf8', body: 'ä€😀' });
  });

  it('takes bytes in base64, also with a file among them', async () => {
    const source = 'export default ({ body }) => body.toString("hex");';
    const headers = { 'content-type': 'application/octet-stream' };
    const { json } = await run('takes', source, { method: 'PUT', headers, body: '/wD+', bodyEncoding: 'base64' });
    expect(json.response.body).toBe('ff00fe');
    const form = new FormData();
    form.append('title', 'été');
    form.append('picture', new Blob([new Uint8Array([0, 255])]), 'a.png');
    const encoded = new Response(form);
    const body = Buffer.from(await encoded.arrayBuffer()).toString('base64');
    const files =
      'import { readFileSync } from "node:fs"; export default ({ body, files }) => [body.title, ...files.map((file) => file.originalname + readFileSync(file.path).toString("hex"))];';
    const sent = { headers: { 'content-type': encoded.headers.get('content-type') }, body, bodyEncoding: 'base64' };
    expect(JSON.parse((await run('uploads', files, sent)).json.response.body)).toEqual(['été', 'a.png00ff']);
  });

  it('aborts the run of a client that has gone, and discards the draft', async () => {
    const source = `import cloud from '@lafjs/cloud';
      const set = (state) => cloud.shared.set('abandoned', state);
      const timer = setInterval(() => cloud.shared.set('beats', (cloud.shared.get('beats') ?? 0) + 1), 1);
      export default async ({ signal }) => {
        signal.addEventListener('abort', () => set('aborted'));
        set('running');
        await new Promise(() => {});
      };`;
    await host.publish('abandoned', "import cloud from '@lafjs/cloud'; export default () => cloud.shared.get('abandoned') ?? 'nothing';");
    await host.publish('beats', "import cloud from '@lafjs/cloud'; export default () => cloud.shared.get('beats');");
    await host.publish('rest', 'export default () => new Promise((resolve) => setTimeout(resolve, 20));');
    const going = new AbortController();
    const asking = fetch(`http://127.0.0.1:${host.consolePort}/v1/functions/waits/run`, {
      method: 'POST',
      headers: { authorization: `Bearer ${host.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ source }),
      signal: going.signal,
    });
    const state = async (): Promise<string> => (await host.call('/abandoned')).text;
    await vi.waitFor(async () => expect(await state()).toBe('running'));
    going.abort();
    await expect(asking).rejects.toThrow();
    // Well before the run would have timed out.
    await vi.waitFor(async () => expect(await state()).toBe('aborted'), { timeout: 500, interval: 10 });
    const { text: before } = await host.call('/beats');
    await host.call('/rest');
    expect((await host.call('/beats')).text).toBe(before);
    expect((await host.api('GET', '/v1/logs?text=failed')).json.logs).toEqual([]);
  });

  it('streams, cookies and redirects are answered as they are', async () => {
    const source =
      'export default async ({ response }) => { response.cookie("a", "1"); response.cookie("b", "2"); response.status(302).set("Location", "/x"); response.write("one,"); response.end("two"); };';
    const { response } = (await run('streams', source)).json;
    expect(response).toMatchObject({
      status: 302,
      body: 'one,two',
      headers: { location: '/x', 'set-cookie': ['a=1; Path=/', 'b=2; Path=/'] },
    });
  });

  it('goes through the interceptor, which may itself be the draft', async () => {
    await host.publish('__interceptor__', 'export default async (ctx, next) => ({ live: await next(ctx) });');
    try {
      expect(JSON.parse((await run('x', 'export default () => 1;')).json.response.body)).toEqual({ live: 1 });
      expect((await run('__interceptor__', 'export default () => "the interceptor itself";')).json.response.body).toBe(
        'the interceptor itself',
      );
    } finally {
      await host.api('DELETE', '/v1/functions/__interceptor__');
    }
  });

  it('keeps runs at the same time apart', async () => {
    const source = (n: number) =>
      `const mine = ${n}; export default async () => { console.log(mine); await new Promise((resolve) => setTimeout(resolve, ${n})); console.log(mine); return mine; };`;
    const answers = await Promise.all(Array.from({ length: 8 }, (_, n) => run('same', source(n))));
    for (const [n, { json }] of answers.entries()) {
      expect(json.response.body).toBe(String(n));
      expect(json.logs.map((line: { message: string }) => line.message)).toEqual([String(n), String(n)]);
    }
  });
});
