import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, TestHost } from './host.ts';

let host: TestHost;

beforeAll(async () => {
  host = await TestHost.start();
  // What is held waits until it is released, so that no test depends on how long something takes.
  await host.publish(
    'gate',
    `import cloud from '@lafjs/cloud';
    const gates = cloud.shared.get('gates') ?? cloud.shared.set('gates', new Map()).get('gates');
    export const held = (name) => { let open; const promise = new Promise((resolve) => (open = resolve)); gates.set(name, open); return promise; };
    export default ({ query }) => { const open = gates.get(query.name); gates.delete(query.name); open?.(); return !!open; };`,
  );
});

afterAll(() => host[Symbol.asyncDispose]());

/** Lets a call go on that waits at the gate, as soon as it does. */
async function release(name: string): Promise<void> {
  await expect.poll(async () => (await host.call(`/gate?name=${name}`)).json).toBe(true);
}

describe('__init__ and __default__', () => {
  it('__init__ ends before any other function is evaluated, at a start and not on publish', async () => {
    await using first = await TestHost.start();
    await first.publish(
      '__init__',
      `import cloud from '@lafjs/cloud';
      export default async (ctx) => { await new Promise((resolve) => setTimeout(resolve, 20)); cloud.shared.set('ready', [ctx.method, ctx.__function_name, (cloud.shared.get('ready')?.[2] ?? 0) + 1]); };`,
    );
    await first.publish(
      'uses',
      "import cloud from '@lafjs/cloud'; const ready = cloud.shared.get('ready'); export default () => ready ?? 'not yet';",
    );
    expect((await first.call('/uses')).text).toBe('not yet');
    await first.end();
    await using second = await TestHost.start({ dataDir: first.dataDir });
    expect((await second.call('/uses')).json).toEqual(['INIT', '__init__', 1]);
  });

  it('serves when __init__ throws, and says so in the log', async () => {
    await using first = await TestHost.start();
    await first.publish('__init__', 'export default async () => { throw new Error("no luck"); };');
    await first.publish('works', 'export default () => "works";');
    await first.end();
    await using second = await TestHost.start({ dataDir: first.dataDir });
    expect((await second.call('/works')).text).toBe('works');
    expect((await second.api('GET', '/v1/logs?function=__init__')).json.logs).toMatchObject([
      { level: 'error', message: expect.stringContaining('no luck'), line: 1 },
    ]);
  });

  it('__default__ answers what no function does, under the requested name', async () => {
    await host.publish(
      '__default__',
      'export default (ctx) => ({ name: ctx.__function_name, path: ctx.request.path, param: ctx.request.params.name });',
    );
    expect((await host.call('/no/such?x=1')).json).toEqual({ name: 'no/such', path: '/no/such', param: 'no/such' });
    await host.api('DELETE', '/v1/functions/__default__');
    expect(await host.call('/no/such')).toMatchObject({ status: 404, text: 'Function Not Found' });
  });
});

describe('__interceptor__', () => {
  const cases: readonly (readonly [string, string, Partial<Answer>])[] = [
    [
      'two parameters: what it returns is the answer',
      'async (ctx, next) => ({ wrapped: await next(ctx) })',
      { status: 200, json: { wrapped: 'target' } },
    ],
    ['two parameters without next(): the function does not run', 'async (ctx, next) => "instead"', { status: 200, text: 'instead' }],
    ['two parameters returning false: the answer is false', 'async (ctx, next) => false', { status: 200, json: false }],
    ['one parameter returning true', 'async (ctx) => true', { status: 200, text: 'target' }],
    ['one parameter returning nothing', '(ctx) => {}', { status: 200, text: 'target' }],
    [
      'one that sends and then returns',
      'async (ctx, next) => { ctx.response.status(402).send("sent"); return { ignored: await next(ctx) }; }',
      { status: 402, text: 'sent' },
    ],
    [
      'an old one that sends and returns false',
      'async (ctx) => { ctx.response.status(401).json({ no: 1 }); return false; }',
      { status: 401, json: { no: 1 } },
    ],
    ['one that throws', 'async (ctx, next) => { throw new Error("closed"); }', { status: 500 }],
    ['one that changes ctx', 'async (ctx, next) => { ctx.extra = "!"; return next(ctx); }', { status: 200, text: 'target!' }],
  ];

  it.each(cases)('%s', async (_name, source, expected) => {
    await host.publish('target', 'export default (ctx) => "target" + (ctx.extra ?? "");');
    await host.publish('__interceptor__', `export default ${source};`);
    try {
      expect(await host.call('/target')).toMatchObject(expected);
    } finally {
      await host.api('DELETE', '/v1/functions/__interceptor__');
    }
  });

  it('an old one that returns false: 403 with the request id; not asked for 404, 405, invoke and imports', async () => {
    await host.publish('target', 'export default () => "target";', { methods: ['POST'] });
    await host.publish(
      'calls',
      "import cloud from '@lafjs/cloud'; import target from '@/target'; export default async () => target() + (await cloud.invoke('target'));",
    );
    await host.publish('__interceptor__', "export default (ctx) => ctx.__function_name !== 'target';");
    try {
      const refused = await host.call('/target', { method: 'POST', headers: { 'x-request-id': 'mine' } });
      expect(refused).toMatchObject({ status: 403, json: { error: 'Forbidden', requestId: 'mine' } });
      expect(await host.call('/target')).toMatchObject({ status: 405, text: 'Method Not Allowed' });
      expect((await host.call('/nowhere')).status).toBe(404);
      expect((await host.call('/calls')).text).toBe('targettarget');
    } finally {
      await host.api('DELETE', '/v1/functions/__interceptor__');
    }
  });
});

describe('publish', () => {
  it('cloud.shared keeps functions and class instances; modules keep their state until they or what they import changes', async () => {
    const lib = (n: number) => `import cloud from '@lafjs/cloud';
      export class Counter { n = 0; next() { return ++this.n; } }
      if (!cloud.shared.has('counter')) { cloud.shared.set('counter', new Counter()); cloud.shared.set('call', (x: number) => x + ${n}); }
      export const version = ${n};`;
    await host.publish('state/lib', lib(1));
    await host.publish(
      'state/dependent',
      "import cloud from '@lafjs/cloud'; import { version } from './lib'; let calls = 0; export default () => [++calls, version, cloud.shared.get('counter').next(), cloud.shared.get('call')(10)];",
    );
    await host.publish('state/other', 'let calls = 0; export default () => ++calls;');
    expect((await host.call('/state/dependent')).json).toEqual([1, 1, 1, 11]);
    expect((await host.call('/state/dependent')).json).toEqual([2, 1, 2, 11]);
    expect((await host.call('/state/other')).text).toBe('1');
    await host.publish('state/lib', lib(2));
    expect((await host.call('/state/dependent')).json).toEqual([1, 2, 3, 11]);
    expect((await host.call('/state/other')).text).toBe('2');
  });

  it('drops dependents of dependents, also those that import by a computed name', async () => {
    await host.publish('chain/c', 'export const c = 1;');
    await host.publish(
      'chain/b',
      'const name = "c"; export const b = () => require(`./${name}`).c; export const early = require(`@/chain/${name}`).c;',
    );
    await host.publish('chain/a', "import { b, early } from './b'; let calls = 0; export default () => [++calls, b(), early];");
    expect((await host.call('/chain/a')).json).toEqual([1, 1, 1]);
    await host.publish('chain/c', 'export const c = 2;');
    expect((await host.call('/chain/a')).json).toEqual([1, 2, 2]);
  });

  it('stops the timers of a replaced revision', async () => {
    const source = (label: string) => `import cloud from '@lafjs/cloud';
      setInterval(() => { const ticks = cloud.shared.get('ticks') ?? {}; ticks.${label} = (ticks.${label} ?? 0) + 1; cloud.shared.set('ticks', ticks); }, 2);
      export default () => cloud.shared.get('ticks') ?? {};`;
    await host.publish('ticks', source('old'));
    await expect.poll(async () => (await host.call('/ticks')).json.old).toBeGreaterThan(1);
    await host.publish('ticks', source('fresh'));
    const { old } = (await host.call('/ticks')).json;
    await expect.poll(async () => (await host.call('/ticks')).json.fresh).toBeGreaterThan(20);
    expect((await host.call('/ticks')).json.old).toBe(old);
  });

  it.each([
    ['await new Promise((resolve) => setTimeout(resolve, 5))', ''],
    ['await sleep(5)', "import { promisify } from 'node:util'; const sleep = promisify(setTimeout);"],
    ['await wait(5)', "import { setTimeout as wait } from 'node:timers/promises';"],
    ['await new Promise((resolve) => setImmediate(resolve))', ''],
    [
      'await new Promise((resolve) => { let n = 0; const timer = setInterval(() => { if (++n === 3) { clearInterval(timer); resolve(); } }, 1); })',
      '',
    ],
  ])('a call in flight finishes on its own revision: %s', async (pause, imports) => {
    const source = (label: string) => `${imports}
      import { held } from '@/gate';
      import { part } from './flight-part';
      const mine = '${label}';
      export default async () => { await held('flight'); ${pause}; ${pause}; return [mine, part]; };`;
    await host.publish('flight-part', "export const part = 'old';");
    await host.publish('flight', source('old'));
    const flying = host.call('/flight');
    await host.publish('waiting', "import cloud from '@lafjs/cloud'; export default () => cloud.shared.get('gates').has('flight');");
    await expect.poll(async () => (await host.call('/waiting')).json).toBe(true);
    const change = [
      { name: 'flight', source: source('new') },
      { name: 'flight-part', source: "export const part = 'new';" },
    ];
    expect((await host.api('POST', '/v1/publish', { functions: change })).status).toBe(200);
    await release('flight');
    expect((await flying).json).toEqual(['old', 'old']);
    const next = host.call('/flight');
    await release('flight');
    expect((await next).json).toEqual(['new', 'new']);
  });

  it('a timer started in a call lives on after its answer, until its revision is replaced', async () => {
    await host.publish(
      'later',
      `import cloud from '@lafjs/cloud';
      export default ({ query }) => { if (query.start) setTimeout(() => cloud.shared.set('later', query.start), 5); return cloud.shared.get('later') ?? null; };`,
    );
    await host.call('/later?start=yes');
    await expect.poll(async () => (await host.call('/later')).text).toBe('yes');
  });

  it('refuses what throws while loading, and what was live stays as it was', async () => {
    await host.publish('stays', 'let calls = 0; export default () => ++calls;');
    await host.call('/stays');
    const refused = await host.api('PUT', '/v1/functions/stays', { source: 'const x = null;\nexport default () => 1;\nx.y;' });
    expect(refused).toMatchObject({ status: 422, json: { error: { code: 'LOAD_FAILED', diagnostics: [{ function: 'stays', line: 3 }] } } });
    expect((await host.call('/stays')).text).toBe('2');
  });
});
