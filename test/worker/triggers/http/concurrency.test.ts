import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { WorkerLimits } from '../../../../runtime/kernel/protocol/settings.ts';
import { event, type Host, startHost } from './host.ts';

let host: Host;
afterEach(() => host.close());

const start = async (limits: Partial<WorkerLimits>): Promise<void> => {
  host = await startHost(undefined, limits);
};

/** A function whose calls end one at a time, when they are told to. */
function gated(name: string): { began: string[]; release: () => void; most: () => number } {
  const began: string[] = [];
  const gates: (() => void)[] = [];
  let running = 0;
  let most = 0;
  host.publish(name, async ({ query }) => {
    most = Math.max(most, ++running);
    began.push(query.n);
    await new Promise<void>((resolve) => gates.push(resolve));
    running--;
    return query.n;
  });
  return { began, release: () => gates.shift()?.(), most: () => most };
}

const queued = (count: number): Promise<void> => vi.waitFor(() => expect(host.app.counters.requestsQueued).toBe(count));

describe('limits.concurrency', () => {
  it('limits.concurrency calls run, the others wait and get their turn in order', async () => {
    await start({ concurrency: 2, queuedCalls: 10 });
    const f = gated('f');
    const answers: Promise<string>[] = [];
    for (let n = 0; n < 6; n++) {
      answers.push(host.fetch(`/f?n=${n}`).then((response) => response.text()));
      await vi.waitFor(() => expect(host.app.counters.requests).toBe(n + 1));
    }
    await queued(4);
    expect(host.app.counters.requestsActive).toBe(2);
    for (let n = 0; n < 6; n++) {
      await vi.waitFor(() => expect(f.began.length).toBe(Math.min(6, n + 2)));
      f.release();
    }
    expect(await Promise.all(answers)).toEqual(['0', '1', '2', '3', '4', '5']);
    expect([f.began, f.most()]).toEqual([['0', '1', '2', '3', '4', '5'], 2]);
    expect(host.app.counters).toMatchObject({ requestsActive: 0, requestsQueued: 0, refused: 0 });
  });

  it('limits.queuedCalls is the end: 503 FUNCTION_BUSY with Retry-After, counted, warned of once', async () => {
    await start({ concurrency: 1, queuedCalls: 1 });
    const f = gated('f');
    const first = host.fetch('/f?n=1');
    await vi.waitFor(() => expect(f.began).toHaveLength(1));
    const second = host.fetch('/f?n=2');
    await queued(1);
    for (let n = 1; n <= 2; n++) {
      const busy = await host.fetch('/f');
      expect([busy.status, busy.headers.get('retry-after')]).toEqual([503, '1']);
      expect(JSON.parse(await busy.text())).toMatchObject({ code: 'FUNCTION_BUSY', requestId: busy.headers.get('request-id') });
      expect(host.app.counters.refused).toBe(n);
    }
    expect(host.records.map(({ level }) => level)).toEqual(['warn']);
    host.publish('other', () => 'free');
    expect((await host.fetch('/other')).status).toBe(200);
    f.release();
    await vi.waitFor(() => expect(f.began).toHaveLength(2));
    f.release();
    expect([(await first).status, (await second).status]).toEqual([200, 200]);
  });

  it('a call that waits looks its function up anew when its turn comes', async () => {
    await start({ concurrency: 1, queuedCalls: 10 });
    const f = gated('f');
    const first = host.fetch('/f?n=1');
    await vi.waitFor(() => expect(f.began).toHaveLength(1));
    const waiting = [host.fetch('/f?n=2'), host.fetch('/f?n=3')];
    await queued(2);
    host.publish('f', ({ query }) => `new ${query.n}`);
    f.release();
    expect(await Promise.all((await Promise.all(waiting)).map((response) => response.text()))).toEqual(['new 2', 'new 3']);
    expect(await (await first).text()).toBe('1');
  });

  it('a call that waits for a function that is deleted is 404', async () => {
    await start({ concurrency: 1, queuedCalls: 10 });
    const f = gated('f');
    const first = host.fetch('/f?n=1');
    await vi.waitFor(() => expect(f.began).toHaveLength(1));
    const second = host.fetch('/f?n=2');
    await queued(1);
    host.registry.install({ functions: [], deleted: ['f'] });
    f.release();
    expect([(await first).status, (await second).status]).toEqual([200, 404]);
  });

  it('a call whose client has gone leaves the queue', async () => {
    await start({ concurrency: 1, queuedCalls: 1 });
    const f = gated('f');
    const first = host.fetch('/f?n=1');
    await vi.waitFor(() => expect(f.began).toHaveLength(1));
    const gone = connect({ port: host.port, host: '127.0.0.1' });
    gone.write('GET /f?n=2 HTTP/1.1\r\nHost: x\r\n\r\n');
    await queued(1);
    gone.destroy();
    await queued(0);
    const third = host.fetch('/f?n=3');
    await queued(1);
    f.release();
    await vi.waitFor(() => expect(f.began).toEqual(['1', '3']));
    f.release();
    expect([(await first).status, (await third).status]).toEqual([200, 200]);
  });

  it('the time that a call waits counts: 504 for it too', async () => {
    await start({ concurrency: 1, queuedCalls: 10, functionTimeout: 60 });
    const opened = event();
    host.publish('f', ({ response }) => {
      // It has not begun to answer by its headers, so that it keeps its place, and is not timed out.
      response.setHeader('Content-Type', 'text/event-stream');
      opened.happen();
      return new Promise(() => undefined);
    });
    const socket = connect({ port: host.port, host: '127.0.0.1' });
    socket.write('GET /f HTTP/1.1\r\nHost: x\r\n\r\n');
    await opened.happened;
    const late = await host.fetch('/f');
    expect([late.status, JSON.parse(await late.text()).code]).toEqual([504, 'FUNCTION_TIMEOUT']);
    expect(host.app.counters).toMatchObject({ timeouts: 1, requestsQueued: 0, requestsActive: 1 });
    socket.destroy();
  });

  it('a stream gives its place away when its headers are out', async () => {
    await start({ concurrency: 1, queuedCalls: 10 });
    const go = event();
    const end = event();
    const calls: string[] = [];
    host.publish('f', async ({ response, query }) => {
      calls.push(query.n);
      if (query.n === '2') return 'second';
      await go.happened;
      response.write('a');
      await end.happened;
      response.end('b');
      return undefined;
    });
    const first = host.fetch('/f?n=1');
    await vi.waitFor(() => expect(calls).toEqual(['1']));
    const second = host.fetch('/f?n=2');
    await queued(1);
    go.happen();
    expect(await (await second).text()).toBe('second');
    end.happen();
    expect(await (await first).text()).toBe('ab');
  });

  it('calls that are answered synchronously take no place', async () => {
    await start({ concurrency: 1, queuedCalls: 0 });
    host.publish('f', () => 'ok');
    const all = await Promise.all(Array.from({ length: 30 }, () => host.fetch('/f')));
    expect(all.every(({ status }) => status === 200)).toBe(true);
    expect(host.app.counters.refused).toBe(0);
  });

  it('a function that throws or is answered gives its place back', async () => {
    await start({ concurrency: 1, queuedCalls: 0 });
    host.publish('f', async () => {
      await Promise.resolve();
      throw new Error('x');
    });
    for (let n = 0; n < 3; n++) expect((await host.fetch('/f')).status).toBe(500);
    expect(host.app.counters).toMatchObject({ requestsActive: 0, refused: 0 });
  });

  it('calls wait on one kept-alive connection too, and their bodies arrive', async () => {
    await start({ concurrency: 1, queuedCalls: 10 });
    host.publish('f', async ({ body }) => {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      return body;
    });
    const socket = connect({ port: host.port, host: '127.0.0.1' });
    const one = (text: string, more = ''): string =>
      `POST /f HTTP/1.1\r\nHost: x\r\n${more}Content-Type: text/plain\r\nContent-Length: 1\r\n\r\n${text}`;
    socket.write(one('a') + one('b') + one('c', 'Connection: close\r\n'));
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    await once(socket, 'close');
    expect(
      Buffer.concat(chunks)
        .toString()
        .match(/\r\n\r\n[abc]/g),
    ).toEqual(['\r\n\r\na', '\r\n\r\nb', '\r\n\r\nc']);
  });
});
