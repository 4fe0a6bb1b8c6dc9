import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { nextMessage, TestHost } from './host.ts';

let host: TestHost;
let socket: WebSocket;
let pid: number;
beforeAll(async () => {
  host = await TestHost.start();
  await host.publish('body', 'export default (ctx) => typeof ctx.body;');
  await host.publish(
    '__websocket__',
    "export default (ctx) => { if (ctx.method === 'WebSocket:message') ctx.socket.send(ctx.params.data); };",
  );
  socket = await host.connect();
  pid = await host.workerPid();
});
afterAll(async () => {
  socket.terminate();
  await host[Symbol.asyncDispose]();
});

const size = 9_500_000;
const repeat = (text: string): string => text.repeat(Math.floor(size / text.length));
const part = '--b\r\nContent-Disposition: form-data; name="f"\r\n\r\n\r\n';

const json = 'application/json';
const xml = 'application/xml';
const form = 'application/x-www-form-urlencoded';
const upload = 'multipart/form-data; boundary=b';

describe('what a stranger sends as a body, ten at once', () => {
  it.each<[string, string, string, number[]]>([
    ['JSON that is nested millions deep', json, repeat('['), [400, 503]],
    ['JSON of objects that are nested', json, repeat('{"a":'), [400, 503]],
    ['JSON of millions of objects', json, `[${repeat('{},')}{}]`, [413, 503]],
    ['JSON of millions of arrays that never ends', json, `[${repeat('[],')}`, [400, 413, 503]],
    ['JSON of millions of numbers', json, `[${repeat('1,')}1]`, [200, 503]],
    ['JSON of one long text', json, `"${repeat('\\n')}"`, [200, 503]],
    ['XML that is nested', xml, repeat('<a>'), [400, 413, 503]],
    ['XML of many elements', xml, `<r>${repeat('<a b="c"/>')}</r>`, [413, 503]],
    ['XML of one long text', xml, `<r>${repeat('x  ')}</r>`, [200, 503]],
    ['a form of one long field', form, `a=${repeat('%41')}`, [200, 503]],
    ['a form of a million fields', form, repeat('a&'), [400, 503]],
    ['a form of a name with brackets', form, repeat('[a]'), [200, 400, 503]],
    ['a multipart form of many parts', upload, repeat(part), [400, 503]],
  ])('closes no socket and ends no worker: %s', async (_, type, body, statuses) => {
    const replies = Array.from({ length: 10 }, () => host.call('/body', { method: 'POST', headers: { 'content-type': type }, body }));
    socket.send('still here');
    expect(await nextMessage(socket)).toBe('still here');
    for (const { status } of await Promise.all(replies)) expect(statuses).toContain(status);
    socket.send('afterwards');
    expect([await nextMessage(socket), await host.workerPid()]).toEqual(['afterwards', pid]);
  });

  it('leaves nothing behind: a body of the largest size is taken afterwards', async () => {
    const { text } = await host.call('/body', { method: 'POST', headers: { 'content-type': 'text/plain' }, body: repeat('x') });
    expect(text).toBe('string');
  });

  it('is taken again once a limit of its own is passed: depth', async () => {
    const nested = (depth: number): RequestInit => ({
      method: 'POST',
      headers: { 'content-type': json },
      body: '['.repeat(depth) + ']'.repeat(depth),
    });
    const [allowed, refused] = [await host.call('/body', nested(1000)), await host.call('/body', nested(1001))];
    expect([allowed.text, refused.status, refused.json.code]).toEqual(['object', 400, 'BODY_TOO_DEEP']);
  });
});
