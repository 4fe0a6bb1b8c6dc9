import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Host, startHost } from './host.ts';

let host: Host;
beforeEach(async () => {
  host = await startHost();
});
afterEach(() => host.close());

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

/** Sends requests by one write; resolves with all that comes back until `count` answers end in `end`. */
async function exchange(requests: string, count: number, end: string): Promise<string> {
  const socket = connect(host.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(requests);
  let text = '';
  while (text.split(end).length <= count) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    text += chunk.toString();
  }
  socket.destroy();
  return text;
}

it('a function finds its response ended, and what it does to it later changes nothing', async () => {
  const seen: unknown[] = [];
  host.publish('f', ({ response }) => {
    queueMicrotask(() => {
      seen.push(response.headersSent);
      response.end('late');
    });
    return 'whole';
  });
  const response = await host.fetch('/f');
  expect([await response.text(), response.headers.get('content-length'), seen]).toEqual(['whole', '5', [true]]);
});

it('write() and end() after a function has returned a value tell their callbacks so, and the answer is whole', async () => {
  const told: unknown[] = [];
  host.publish('f', ({ response }) => {
    queueMicrotask(() => {
      response.write('late', (error) => told.push(error));
      response.end('later', () => told.push('end'));
    });
    return 'whole';
  });
  expect(await (await host.fetch('/f')).text()).toBe('whole');
  expect(told).toEqual([expect.any(Error), 'end']);
  expect(host.failures).toEqual([]);
});

it('destroy() after a function has returned a value does not take its answer away', async () => {
  host.publish('f', ({ response }) => {
    queueMicrotask(() => response.destroy());
    return 'whole';
  });
  expect(await (await host.fetch('/f')).text()).toBe('whole');
  expect(host.failures).toEqual([]);
});

it('requests that come by one write are answered in their order', async () => {
  host.publish('f', ({ query }) => `<${String(query['n'])}>`);
  const count = 100;
  const text = await exchange(Array.from({ length: count }, (_, n) => get(`/f?n=${n}`)).join(''), count, '>');
  expect([...text.matchAll(/<(\d+)>/g)].map(([, n]) => Number(n))).toEqual(Array.from({ length: count }, (_, n) => n));
});

it('more answers than are sent together all arrive', async () => {
  host.publish('f', async ({ query }) => ({ n: query['n'] }));
  const answers = await Promise.all(Array.from({ length: 150 }, (_, n) => host.fetch(`/f?n=${n}`).then((response) => response.json())));
  expect(answers).toEqual(Array.from({ length: 150 }, (_, n) => ({ n: String(n) })));
});

it("listeners to a response's finish and close run in its invocation", async () => {
  const heard: unknown[] = [];
  const done = new Promise<void>((resolve) => {
    for (const event of ['finish', 'close']) {
      host.publish(event, ({ response }) => {
        response.on(event, () => {
          heard.push([event, host.app.calls.current?.requestId]);
          if (heard.length === 2) resolve();
        });
        return 1;
      });
    }
  });
  for (const name of ['finish', 'close']) await (await host.fetch(`/${name}`, { headers: { 'x-request-id': `of-${name}` } })).text();
  await done;
  expect(heard).toEqual([
    ['finish', 'of-finish'],
    ['close', 'of-close'],
  ]);
});

it('an end() that a function has put in its place is called with the body', async () => {
  host.publish('f', ({ response }) => {
    const end = response.end.bind(response);
    Reflect.set(response, 'end', (body: string) => end(body.toUpperCase()));
    return 'whole';
  });
  expect(await (await host.fetch('/f')).text()).toBe('WHOLE');
});
