import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { TestHost } from './host.ts';
import { childrenOf, connectSilently, pidOf, untilGone } from './load.ts';

const patience = { timeout: 15_000, interval: 10 };
/** Longer than any test: what is only ended by the timeout fails the test. */
const never = { STOP_TIMEOUT_MS: '86400000' };
const soon = { STOP_TIMEOUT_MS: '500' };

/** A function that says by a file that it was called, and then does `rest`. */
async function publishMarked(host: TestHost, name: string, rest: string): Promise<() => Promise<unknown>> {
  const marker = join(host.dataDir, `${name}-called`);
  const head = `import { existsSync, writeFileSync } from 'node:fs';\nimport { setTimeout as sleep } from 'node:timers/promises';\n`;
  await host.publish(name, `${head}export default async () => {\n  writeFileSync(${JSON.stringify(marker)}, '');\n  ${rest}\n};`);
  return () => vi.waitUntil(() => existsSync(marker), patience);
}

/** Sends a signal; resolves when the host has said that it is stopping. */
async function signal(host: TestHost, name: NodeJS.Signals): Promise<void> {
  host.process.kill(name);
  await vi.waitUntil(() => host.output.includes(`${name}: finishing`), patience);
}

async function exitOf(host: TestHost): Promise<readonly unknown[]> {
  if (host.process.exitCode === null && host.process.signalCode === null) await once(host.process, 'exit');
  return [host.process.exitCode, host.process.signalCode];
}

async function closeOf(socket: WebSocket): Promise<{ code: number; reason: string }> {
  const [code, reason] = await once(socket, 'close');
  return { code, reason: String(reason) };
}

describe('SIGTERM', () => {
  it('finishes requests in flight, closes sockets with 1012 and a retry hint, and ends with code 0', async () => {
    await using host = await TestHost.start({ env: never });
    const release = join(host.dataDir, 'release');
    const called = await publishMarked(
      host,
      'slow',
      `while (!existsSync(${JSON.stringify(release)})) await sleep(5);\n  return 'finished';`,
    );
    const sockets = await Promise.all(Array.from({ length: 5 }, () => host.connect()));
    const closes = Promise.all(sockets.map(closeOf));
    const answer = host.call('/slow');
    await called();
    await signal(host, 'SIGTERM');
    // The worker is stopping by now, and the request is still in its hands.
    const reasons = await closes;
    await writeFile(release, '');
    const { status, text } = await answer;
    expect({ status, text }).toEqual({ status: 200, text: 'finished' });
    for (const { code, reason } of reasons) {
      expect(code).toBe(1012);
      expect(JSON.parse(reason)).toEqual({ retryAfterMs: expect.any(Number) });
      expect(JSON.parse(reason).retryAfterMs).toBeGreaterThan(0);
    }
    expect(await exitOf(host)).toEqual([0, null]);
  });

  it('lets close events run before the process ends', async () => {
    await using host = await TestHost.start({ env: never });
    const diary = join(host.dataDir, 'closed');
    await host.publish(
      '__websocket__',
      `import { writeFileSync } from 'node:fs';\nexport default async (ctx: any) => {\n  if (ctx.method !== 'WebSocket:close') return;\n  await new Promise((resolve) => setTimeout(resolve, 50));\n  writeFileSync(${JSON.stringify(diary)}, String(ctx.params.code));\n};`,
    );
    await host.connect();
    expect(await host.end('SIGTERM')).toBe(0);
    expect(existsSync(diary)).toBe(true);
  });

  it.each([
    ['never answers', 'await new Promise(() => {});'],
    // What no guard reaches.
    ['never lets go of its thread', "/^(a+)+\\1$/.test('a'.repeat(80) + 'b');"],
    ['waits again and again', 'for (;;) await sleep(5);'],
  ])('ends with code 0 although a function %s', async (_, rest) => {
    await using host = await TestHost.start({ env: soon });
    const called = await publishMarked(host, 'stuck', rest);
    const answer = host.call('/stuck').then(
      ({ status }) => `answered ${status}`,
      () => 'cut off',
    );
    await called();
    const children = await childrenOf(pidOf(host.process));
    await signal(host, 'SIGTERM');
    expect(await exitOf(host)).toEqual([0, null]);
    expect(await answer).toBe('cut off');
    await untilGone(children);
  });

  it('ends with code 0 although a close event never finishes and a client never says anything', async () => {
    await using host = await TestHost.start({ env: soon });
    await host.publish(
      '__websocket__',
      `export default (ctx: any) => ctx.method === 'WebSocket:close' ? new Promise(() => {}) : undefined;`,
    );
    const socket = await host.connect();
    const silent = [await connectSilently(host.port), await connectSilently(host.consolePort)];
    const closed = closeOf(socket);
    await signal(host, 'SIGTERM');
    expect((await closed).code).toBe(1012);
    expect(await exitOf(host)).toEqual([0, null]);
    for (const client of silent) client.destroy();
  });

  it('is not held up by kept-alive connections nor by log streams', async () => {
    await using host = await TestHost.start({ env: never });
    const headers = { authorization: `Bearer ${host.token}` };
    const streams = await Promise.all(
      Array.from({ length: 3 }, () => fetch(`http://127.0.0.1:${host.consolePort}/v1/logs/stream?limit=10`, { headers })),
    );
    for (const stream of streams) expect(stream.headers.get('content-type')).toContain('text/event-stream');
    const ends = Promise.all(streams.map((stream) => stream.text()));
    expect((await host.call('/hello')).headers.get('connection')).toBe('keep-alive');
    expect(await host.end('SIGTERM')).toBe(0);
    for (const text of await ends) expect(text).toContain('data: ');
  });

  it('leaves the ports and the data folder to the next start', async () => {
    await using host = await TestHost.start();
    await host.publish('kept', 'export default () => "kept";');
    const children = await childrenOf(pidOf(host.process));
    expect(await host.end('SIGTERM')).toBe(0);
    await untilGone(children);
    await using next = await TestHost.start({ dataDir: host.dataDir, port: host.port, consolePort: host.consolePort });
    expect((await next.call('/kept')).text).toBe('kept');
  });

  it('refuses a publish that comes too late, and keeps one that was acknowledged', async () => {
    await using host = await TestHost.start({ env: never });
    let acknowledged = 0;
    let reason = '';
    const publishing = (async () => {
      for (let n = 1; reason === ''; n++) {
        const answer = await host.api('PUT', '/v1/functions/last', { source: `export default () => ${n};` }).catch(() => undefined);
        if (answer && answer.status < 300) acknowledged = n;
        else reason = answer ? answer.json.error.code : 'closed';
      }
    })();
    await vi.waitUntil(() => acknowledged > 5, patience);
    expect(await host.end('SIGTERM')).toBe(0);
    await publishing;
    expect(['WORKER_UNAVAILABLE', 'closed']).toContain(reason);
    await using next = await TestHost.start({ dataDir: host.dataDir });
    const live = Number((await next.call('/last')).text);
    // The answer to the last one may have been lost with its connection.
    expect([acknowledged, acknowledged + 1]).toContain(live);
  });
});

describe('SIGINT', () => {
  it('stops like SIGTERM', async () => {
    await using host = await TestHost.start({ env: never });
    const closed = closeOf(await host.connect());
    expect(await host.end('SIGINT')).toBe(0);
    expect((await closed).code).toBe(1012);
  });

  it('twice ends at once with code 1, and no worker is left', async () => {
    await using host = await TestHost.start({ env: never });
    const called = await publishMarked(host, 'stuck', 'for (;;) {}');
    const answer = host.call('/stuck').catch(() => 'cut off');
    await called();
    const children = await childrenOf(pidOf(host.process));
    await signal(host, 'SIGINT');
    host.process.kill('SIGINT');
    expect(await exitOf(host)).toEqual([1, null]);
    expect(await answer).toBe('cut off');
    await untilGone(children);
  });
});
