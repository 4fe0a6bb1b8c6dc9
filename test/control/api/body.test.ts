import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { token } from './client.ts';
import { startHost } from './host.ts';

const path = '/v1/functions/f';

describe('readBody()', () => {
  const refused: [string, string | Buffer, Readonly<Record<string, string>>, string][] = [
    ['malformed JSON', '{"source": ', {}, 'JSON'],
    ['an empty body', '', {}, 'empty'],
    ['a list', '[]', {}, 'object'],
    ['null', 'null', {}, 'object'],
    ['a string', '"x"', {}, 'object'],
    ['a number', '1', {}, 'object'],
    ['what is no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), {}, 'UTF-8'],
    ['cut-off UTF-8', Buffer.concat([Buffer.from('{"source":"'), Buffer.from([0xe2, 0x82])]), {}, 'UTF-8'],
    ['a form', 'source=x', { 'content-type': 'application/x-www-form-urlencoded' }, 'content-type'],
    ['text', '{"source":"x"}', { 'content-type': 'text/plain' }, 'content-type'],
    ['an unheard-of character set', '{"source":"x"}', { 'content-type': 'application/json; charset=latin1' }, 'character set'],
    ['a compressed body', gzipSync('{"source":"x"}'), { 'content-encoding': 'gzip' }, 'content-encoding'],
  ];
  it.each(refused)('answers 400 for %s, with the reason', async (_what, raw, headers, reason) => {
    const host = await startHost();
    const reply = await host.call('PUT', path, undefined, { raw, headers });
    expect([reply.status, reply.body]).toMatchObject([400, { error: { code: 'INVALID_BODY', reason: expect.stringContaining(reason) } }]);
  });

  it.each(['application/json; charset=UTF-8', 'Application/JSON', 'application/merge-patch+json'])('takes %s', async (type) => {
    const host = await startHost();
    expect((await host.call('PUT', path, { source: 'x' }, { headers: { 'content-type': type } })).status).toBe(201);
  });

  it('joins what comes in parts, also within a character', async () => {
    const host = await startHost();
    const body = Buffer.from(JSON.stringify({ source: 'é€😀' }));
    const head = `PUT ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\n`;
    const socket = connect(host.port, '127.0.0.1');
    socket.setNoDelay(true);
    socket.write(`${head}transfer-encoding: chunked\r\n\r\n`);
    for (const byte of body) {
      socket.write(Buffer.concat([Buffer.from('1\r\n'), Buffer.from([byte]), Buffer.from('\r\n')]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    socket.write('0\r\n\r\n');
    const parts: Buffer[] = [];
    for await (const part of socket) parts.push(Buffer.from(part));
    expect(Buffer.concat(parts).toString()).toMatch(/^HTTP\/1\.1 201 /);
    expect((await host.call('GET', path)).body).toMatchObject({ source: 'é€😀' });
  });

  it('answers 413 beyond the limit, declared or not', async () => {
    const host = await startHost({ body: 100 });
    const raw = JSON.stringify({ source: 'x'.repeat(200) });
    for (const chunked of [false, true]) {
      const reply = await host.call('PUT', path, undefined, { raw, chunked });
      expect([reply.status, reply.body]).toMatchObject([413, { error: { code: 'BODY_TOO_LARGE', limit: 100 } }]);
    }
  });

  it('lets the client send the rest of a refused body and read the answer', async () => {
    const host = await startHost({ body: 100 });
    const reply = await host.call('PUT', path, undefined, { raw: Buffer.alloc(20 * 1024 * 1024, 'x') });
    expect(reply.status).toBe(413);
    expect((await host.call('GET', '/v1/functions')).status).toBe(200);
  });

  it.each([
    '{"source":"x","__proto__":{"note":"polluted"}}',
    '{"__proto__":{"source":"x"}}',
    '{"source":"x","constructor":{"prototype":{"note":"polluted"}}}',
  ])('takes nothing from %s', async (raw) => {
    const host = await startHost();
    const reply = await host.call('PUT', path, undefined, { raw });
    expect([reply.status, reply.body]).toMatchObject([400, { error: { code: 'INVALID_BODY' } }]);
    expect('note' in {}).toBe(false);
  });

  it('takes nothing from __proto__ where names are free', async () => {
    const host = await startHost();
    const raw =
      '{"source":"x","request":{"headers":{"__proto__":"h","a":"1"},"query":{"__proto__":"q","b":"2"},"body":{"__proto__":{"c":3}}}}';
    expect((await host.call('POST', `${path}/run`, undefined, { raw })).status).toBe(200);
    expect(host.runs[0]?.request).toMatchObject({ headers: { a: '1' }, query: 'b=2', body: '{"__proto__":{"c":3}}' });
  });

  it('does not mind a client that goes in the middle', async () => {
    const host = await startHost();
    const socket = connect(host.port, '127.0.0.1');
    const head = `PUT ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{`;
    await new Promise<void>((resolve) => socket.write(head, () => resolve()));
    socket.resetAndDestroy();
    await new Promise((resolve) => socket.once('close', resolve));
    await host.closeServer();
    expect(host.logs.query({}, 10)).toEqual([]);
  });
});
