import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nextMessage, TestHost } from './host.ts';

let host: TestHost;
beforeAll(async () => {
  host = await TestHost.start();
  await host.publish(
    'shared',
    "import cloud from '@lafjs/cloud';\nexport default (ctx) => ({ value: cloud.shared.get(ctx.query.key) ?? null });",
  );
});
afterAll(async () => host[Symbol.asyncDispose]());

let stamp = 0;
/** Another revision of a helper, with nothing but a comment changed. */
const helper = (): string => `export const every = 20; // ${++stamp}`;
const count = (key: string): string => `cloud.shared.set('${key}', (cloud.shared.get('${key}') ?? 0) + 1)`;
const source = (...lines: readonly string[]): string => ["import cloud from '@lafjs/cloud';", ...lines].join('\n');

async function shared(key: string): Promise<unknown> {
  return (await host.call(`/shared?key=${key}`)).json.value;
}

/** Waits until a counter has gone on. */
async function goesOn(key: string): Promise<boolean> {
  const before = Number(await shared(key));
  await expect.poll(() => shared(key)).toBeGreaterThan(before + 1);
  return true;
}

/** Waits until a counter stands still. */
async function standsStill(key: string): Promise<boolean> {
  let last = await shared(key);
  await expect
    .poll(
      async () => {
        const former = last;
        last = await shared(key);
        return last === former;
      },
      { interval: 200 },
    )
    .toBe(true);
  return true;
}

async function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

async function get(port: number): Promise<string> {
  return (await fetch(`http://127.0.0.1:${port}/`)).text();
}

describe('what a call has started', () => {
  it('runs on for an open socket through publishes, and ends with the socket', async () => {
    await host.publish('beat/lib', helper());
    const code = (version: number): string =>
      source(
        `import { every } from '@/beat/lib'; // ${version}`,
        'export default ({ socket, method }) => {',
        "  if (method === 'WebSocket:connection') setInterval(() => { socket.send('tick'); " + count('beat') + '; }, every);',
        '};',
      );
    await host.publish('__websocket__', code(1));
    const socket = await host.connect();
    await nextMessage(socket);
    for (const publish of [() => host.publish('beat/lib', helper()), () => host.publish('__websocket__', code(2))]) {
      await publish();
      expect(await goesOn('beat')).toBe(true);
    }
    socket.close();
    expect(await standsStill('beat')).toBe(true);
  });

  it('runs on after a response, also when it starts the next step after the publish, until it is done', async () => {
    await host.publish('job/lib', helper());
    const code = (): string =>
      source(
        "import { every } from '@/job/lib';",
        `const step = (left) => { ${count('job')}; if (left > 0) setTimeout(step, every, left - 1); }; // ${++stamp}`,
        "export default () => { step(30); return 'begun'; };",
      );
    await host.publish('job', code());
    expect((await host.call('/job')).text).toBe('begun');
    await host.publish('job/lib', helper());
    await host.publish('job', code());
    await expect.poll(() => shared('job')).toBe(31);
  });

  it('ends when its function is deleted', async () => {
    await host.publish('endless', source(`export default () => { setInterval(() => ${count('endless')}, 10); return 'begun'; };`));
    await host.call('/endless');
    await host.publish('endless', source("export default () => 'another';"));
    expect(await goesOn('endless')).toBe(true);
    await host.api('DELETE', '/v1/functions/endless');
    expect(await standsStill('endless')).toBe(true);
  });

  it('runs on when the helper that has started it is replaced, also by timers of node:timers and timers/promises', async () => {
    const lib = (): string =>
      source(
        "import { setInterval as every } from 'node:timers';",
        "import { setInterval as ticks } from 'timers/promises';",
        `export const start = () => { every(() => ${count('nodeTimers')}, 10); void (async () => { for await (const _ of ticks(10)) ${count('ticks')}; })(); }; // ${++stamp}`,
      );
    await host.publish('starter/lib', lib());
    await host.publish('starter', source("import { start } from '@/starter/lib';", "export default () => { start(); return 'begun'; };"));
    await host.call('/starter');
    await host.publish('starter/lib', lib());
    expect(await goesOn('nodeTimers')).toBe(true);
    expect(await goesOn('ticks')).toBe(true);
    await host.api('DELETE', '/v1/functions/starter');
    expect(await standsStill('nodeTimers')).toBe(true);
    expect(await standsStill('ticks')).toBe(true);
  });
});

describe("what a module's top level has started", () => {
  it.each([
    ['an interval', `setInterval(() => ${count('top')}, 10);`],
    ['an interval of node:timers', `require('node:timers').setInterval(() => ${count('top')}, 10);`],
    [
      'a loop over timers/promises',
      `(async () => { for await (const _ of require('timers/promises').setInterval(10)) ${count('top')}; })();`,
    ],
    ['a loop that waits', `(async () => { for (;;) { await require('node:timers/promises').setTimeout(10); ${count('top')}; } })();`],
    [
      'a loop over an import()',
      `import('node:timers/promises').then(async ({ scheduler }) => { for (;;) { await scheduler.wait(10); ${count('top')}; } });`,
    ],
    ['a loop of timeouts', `const again = () => { ${count('top')}; setTimeout(again, 10); }; again();`],
    [
      'a child process',
      `const { spawn } = require('node:child_process'); spawn('sh', ['-c', 'while true; do echo; sleep 0.02; done']).stdout.on('data', () => ${count('top')});`,
    ],
    [
      'a thread',
      `new (require('node:worker_threads').Worker)("setInterval(() => require('node:worker_threads').parentPort.postMessage(1), 10)", { eval: true }).on('message', () => ${count('top')});`,
    ],
  ])('ends with it: %s', async (_, code) => {
    await host.publish('top', source(code, "export default () => 'with';"));
    await host.call('/top');
    expect(await goesOn('top')).toBe(true);
    await host.publish('top', source("export default () => 'without';"));
    expect(await standsStill('top')).toBe(true);
    const { logs } = (await host.api('GET', '/v1/logs?level=error&function=top')).json;
    expect(logs).toEqual([]);
  });

  it("is not taken for a call's that was the first to use the module", async () => {
    await host.publish('first', source(`setInterval(() => ${count('first')}, 10);`, "export default () => 'first';"));
    await host.api('POST', '/v1/worker/restart');
    await expect.poll(async () => (await host.call('/first')).text).toBe('first');
    expect(await goesOn('first')).toBe(true);
    await host.publish('first', source("export default () => 'second';"));
    expect(await standsStill('first')).toBe(true);
  });

  it('hands its port to the next revision, and keeps it when that is refused', async () => {
    const port = await freePort();
    const serve = (text: string, after = ''): string =>
      source(
        `require('node:http').createServer((_, response) => response.end('${text}')).listen(${port}, '127.0.0.1');`,
        after,
        "export default () => 'served';",
      );
    await host.publish('server', serve('one'));
    await expect.poll(() => get(port).catch(() => '')).toBe('one');
    const refused = await host.api('PUT', '/v1/functions/server', { source: serve('refused', "throw new Error('no');") });
    expect([refused.status, await get(port)]).toEqual([422, 'one']);
    await host.publish('server', serve('two'));
    await expect.poll(() => get(port).catch(() => '')).toBe('two');
    await host.api('DELETE', '/v1/functions/server');
    await expect.poll(() => get(port).catch(() => 'closed')).toBe('closed');
    const { logs } = (await host.api('GET', '/v1/logs?level=error&function=server')).json;
    expect(logs).toEqual([]);
  });
});

describe('dispose()', () => {
  const note = (what: string): string => `cloud.shared.set('disposed', [...(cloud.shared.get('disposed') ?? []), '${what}'])`;

  it('is called once when its revision is replaced, when it is deleted, and when its publish is refused', async () => {
    const code = (name: string, after = ''): string =>
      source(`export function dispose() { ${note(name)}; }`, after, "export default () => 'here';");
    await host.publish('disposing', code('one'));
    await host.publish('disposing', code('two'));
    await expect.poll(() => shared('disposed')).toEqual(['one']);
    const refused = await host.api('POST', '/v1/publish', {
      functions: [
        { name: 'disposing', source: code('refused') },
        { name: 'failing', source: "throw new Error('no'); export default () => 1;" },
      ],
    });
    expect(refused.status).toBe(422);
    await expect.poll(() => shared('disposed')).toEqual(['one', 'refused']);
    await host.api('DELETE', '/v1/functions/disposing');
    await expect.poll(() => shared('disposed')).toEqual(['one', 'refused', 'two']);
  });

  it('waits for the calls that may still need what it ends', async () => {
    const code = source(
      "import { setTimeout as sleep } from 'node:timers/promises';",
      'let open = true;',
      'export const dispose = () => { open = false; };',
      'export default async () => { for (let n = 0; n < 20; n++) { await sleep(20); if (!open) return "closed"; } return "open"; };',
    );
    await host.publish('pool', code);
    const call = host.call('/pool');
    await host.publish('pool', `${code} // another`);
    expect((await call).text).toBe('open');
  });

  it('that throws or rejects is logged under its function, and the publish is live all the same', async () => {
    await host.publish('broken', "export async function dispose() { throw new Error('cannot dispose'); }\nexport default () => 1;");
    await host.publish('broken', 'export default () => 2;');
    expect((await host.call('/broken')).text).toBe('2');
    await expect
      .poll(async () =>
        (await host.api('GET', '/v1/logs?function=broken&text=cannot%20dispose')).json.logs.map(({ line }: { line: number }) => line),
      )
      .toEqual([1]);
  });

  it('is called, and waited for, when the worker stops', async () => {
    await host.publish(
      'last',
      "import { setTimeout as sleep } from 'node:timers/promises';\nexport async function dispose() { await sleep(50); console.log('disposed of at last'); }\nexport default () => 1;",
    );
    await host.call('/last');
    await host.api('POST', '/v1/worker/restart');
    await expect.poll(async () => (await host.api('GET', '/v1/logs?text=disposed%20of%20at%20last')).json.logs.length).toBe(1);
  });
});

describe('a publish that is refused', () => {
  it('leaves cloud.shared as it was', async () => {
    await host.publish(
      'keeper',
      source(
        "export default () => { cloud.shared.clear(); cloud.shared.set('kept', 1).set('replaced', 'old').set('gone', 2); return 'kept'; };",
      ),
    );
    await host.call('/keeper');
    for (const change of [
      "cloud.shared.set('new', 1).set('replaced', 'new').set('replaced', 'newer'); cloud.shared.delete('gone');",
      'cloud.shared.clear();',
      "cloud.shared.delete('kept'); cloud.shared.set('kept', 5); cloud.shared.delete('kept');",
    ]) {
      const refused = await host.api('PUT', '/v1/functions/refused', { source: source(change, "throw new Error('no');") });
      expect(refused.status).toBe(422);
      expect([await shared('kept'), await shared('replaced'), await shared('gone'), await shared('new')]).toEqual([1, 'old', 2, null]);
    }
    const accepted = await host.api('PUT', '/v1/functions/accepted', {
      source: source("cloud.shared.set('replaced', 'new');", "export default () => 'here';"),
    });
    expect([accepted.status, await shared('replaced')]).toEqual([201, 'new']);
  });
});
