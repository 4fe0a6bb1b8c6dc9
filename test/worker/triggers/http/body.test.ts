import { connect } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { call, event, type Host, received, send, startHost } from './host.ts';

let host: Host;
let calls: number;
beforeEach(async () => {
  host = await startHost();
  calls = 0;
  host.publish('body', ({ body, request }) => {
    calls++;
    if (request.body !== body) throw new Error('request.body is not ctx.body');
    return Buffer.isBuffer(body) ? { buffer: body.toString('hex') } : { body };
  });
});
afterEach(() => host.close());

async function post(
  type: string | undefined,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<{ status: number; json: unknown }> {
  const response = await host.fetch('/body', {
    method: 'POST',
    body: Buffer.from(body),
    headers: { ...(type && { 'content-type': type }), ...headers },
  });
  return { status: response.status, json: JSON.parse(await response.text()) };
}

/** The status and code of a refusal, which says neither more than it should nor ran the function. */
async function refusal(...given: Parameters<typeof post>): Promise<string> {
  const { status, json } = await post(...given);
  expect(json).toEqual({ error: expect.any(String), code: expect.any(String), requestId: expect.any(String) });
  expect(JSON.stringify(json)).not.toMatch(/ {4}at |node_modules/);
  expect(calls).toBe(0);
  return `${status} ${JSON.parse(JSON.stringify(json)).code}`;
}

function chunks(type: string, body: Buffer): RequestInit & { duplex: 'half' } {
  let sent = 0;
  const stream = new ReadableStream({
    pull(controller) {
      controller.enqueue(body.subarray(sent, (sent += 65_536)));
      if (sent >= body.length) controller.close();
    },
  });
  return { method: 'POST', body: stream, duplex: 'half', headers: { 'content-type': type } };
}

describe('createBodyReader() parses by content type', () => {
  const rows: [string | undefined, string, unknown][] = [
    ['application/json', '{"a":{"b":[1]}}', { body: { a: { b: [1] } } }],
    ['application/json; charset=utf-8', '"grüße"', { body: 'grüße' }],
    ['Application/JSON', '12', { body: 12 }],
    ['application/json', 'null', { body: null }],
    ['application/json', 'false', { body: false }],
    ['application/vnd.api+json', '[]', { body: [] }],
    ['application/x-www-form-urlencoded', 'a[b]=1&c=2&c=3&d=%E6%96%87', { body: { a: { b: '1' }, c: ['2', '3'], d: '文' } }],
    ['text/plain', 'grüße', { body: 'grüße' }],
    ['text/csv; charset=utf-8', 'a,b', { body: 'a,b' }],
    ['text/xml', '<A b="1"> <C>x</C><C>y</C> </A>', { body: { a: { $: { b: '1' }, c: ['x', 'y'] } } }],
    ['application/xml', '<xml><Name><![CDATA[ n ]]></Name></xml>', { body: { xml: { name: ['n'] } } }],
    ['application/soap+xml', '<a/>', { body: { a: '' } }],
    ['application/octet-stream', 'raw', { buffer: '726177' }],
    ['image/png', 'raw', { buffer: '726177' }],
    ['multipart/mixed; boundary=x', 'raw', { buffer: '726177' }],
    ['nonsense', 'raw', { buffer: '726177' }],
    [undefined, 'raw', { buffer: '726177' }],
  ];
  for (const [type, text, expected] of rows) {
    it(`createBodyReader() reads ${type ?? 'no type'}: ${text}`, async () => {
      expect(await post(type, text)).toEqual({ status: 200, json: expected });
    });
  }

  it('createBodyReader() answers {} for an empty body of any type, with a length and in chunks', async () => {
    for (const type of [
      'application/json',
      'application/x-www-form-urlencoded',
      'text/plain',
      'text/xml',
      'application/octet-stream',
      'x/y',
    ]) {
      for (const framing of [{ 'content-length': '0' }, { 'transfer-encoding': 'chunked' }]) {
        const { text } = await call(host.port, { method: 'POST', path: '/body', headers: { 'content-type': type, ...framing } });
        expect([type, text]).toEqual([type, '{"body":{}}']);
      }
    }
  });

  it('createBodyReader() inflates', async () => {
    for (const [encoding, compress] of Object.entries({ gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync })) {
      expect(await post('application/json', new Uint8Array(compress('{"a":1}')), { 'content-encoding': encoding })).toEqual({
        status: 200,
        json: { body: { a: 1 } },
      });
    }
  });

  it('createBodyReader() reads a character set', async () => {
    expect((await post('text/plain; charset=iso-8859-1', new Uint8Array([0xfc]))).json).toEqual({ body: 'ü' });
    // 支付 in GBK, as Alipay sends it: in a text, in a form as it is and percent-encoded, in XML.
    const gbk = new Uint8Array([0xd6, 0xa7, 0xb8, 0xb6]);
    expect((await post('text/plain; charset=GBK', gbk)).json).toEqual({ body: '支付' });
    expect(
      (await post('text/xml; charset="gb2312"', new Uint8Array([...Buffer.from('<a>'), ...gbk, ...Buffer.from('</a>')]))).json,
    ).toEqual({
      body: { a: '支付' },
    });
    const form = 'application/x-www-form-urlencoded; charset=GBK';
    expect((await post(form, 'a[b]=%D6%A7%B8%B6+1&c=x%')).json).toEqual({ body: { a: { b: '支付 1' }, c: 'x%' } });
    expect((await post(form, new Uint8Array([...Buffer.from('a='), ...gbk]))).json).toEqual({ body: { a: '支付' } });
    expect((await post(form, `a=${'%D6%A7'.repeat(20_000)}`)).json).toEqual({ body: { a: '支'.repeat(20_000) } });
    expect((await post('text/plain; charset=shift_jis', new Uint8Array([0x93, 0xfa]))).json).toEqual({ body: '日' });
    expect((await post('application/json; charset=utf-16le', new Uint8Array(Buffer.from('"ü"', 'utf16le')))).json).toEqual({ body: 'ü' });
    expect((await post('application/json', '\uFEFF{"a":1}')).json).toEqual({ body: { a: 1 } });
  });

  it('createBodyReader() lets no body touch a prototype', async () => {
    await post('application/json', '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}');
    await post('application/x-www-form-urlencoded', '__proto__[polluted]=1&constructor[prototype][polluted]=1');
    await post('text/xml', '<__proto__><polluted>1</polluted></__proto__>');
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  it('createBodyReader() reads a body that comes with GET', async () => {
    const { text } = await call(host.port, { path: '/body', headers: { 'content-type': 'text/plain', 'content-length': 1 } }, 'x');
    expect(text).toBe('{"body":"x"}');
  });
});

describe('createBodyReader() refuses', () => {
  it('400 BODY_INVALID what cannot be parsed', async () => {
    expect(await refusal('application/json', '{"a":')).toBe('400 BODY_INVALID');
    expect(await refusal('text/xml', '<a><b></a>')).toBe('400 BODY_INVALID');
    expect(await refusal('application/xml', 'no xml at all')).toBe('400 BODY_INVALID');
    expect(await refusal('application/json', 'not gzip', { 'content-encoding': 'gzip' })).toBe('400 BODY_INVALID');
    expect(
      await refusal('application/json', new Uint8Array(gzipSync('{"a":1}').subarray(0, 10)), {
        'content-encoding': 'gzip',
      }),
    ).toBe('400 BODY_INVALID');
    expect(await refusal('application/x-www-form-urlencoded', 'a&'.repeat(1001))).toBe('400 BODY_INVALID');
    expect(await refusal('application/x-www-form-urlencoded', `a${'[b]'.repeat(40)}=1`)).toBe('400 BODY_INVALID');
  });

  it('415 BODY_UNSUPPORTED an encoding or a character set', async () => {
    expect(await refusal('application/json', '{}', { 'content-encoding': 'compress' })).toBe('415 BODY_UNSUPPORTED');
    expect(await refusal('application/json; charset=latin1', '{}')).toBe('415 BODY_UNSUPPORTED');
    expect(await refusal('text/plain; charset=klingon', 'x')).toBe('415 BODY_UNSUPPORTED');
    expect(await refusal('application/x-www-form-urlencoded; charset=utf-16', 'a=1')).toBe('415 BODY_UNSUPPORTED');
  });

  it('413 BODY_TOO_LARGE 11 MB with a length and in chunks, and fetch gets to read it', async () => {
    const large = Buffer.alloc(11 * 1024 * 1024, 'x');
    for (const type of ['application/json', 'application/octet-stream', 'text/plain', 'application/x-www-form-urlencoded', 'text/xml']) {
      expect(await refusal(type, large)).toBe('413 BODY_TOO_LARGE');
      const chunked = await host.fetch('/body', chunks(type, large));
      expect([chunked.status, JSON.parse(await chunked.text()).code]).toEqual([413, 'BODY_TOO_LARGE']);
    }
    expect(calls).toBe(0);
  });

  it('413 BODY_TOO_LARGE what is large only when it is inflated', async () => {
    expect(
      await refusal('text/plain', new Uint8Array(gzipSync(Buffer.alloc(11 * 1024 * 1024))), {
        'content-encoding': 'gzip',
      }),
    ).toBe('413 BODY_TOO_LARGE');
  });

  it('404 and 405 reach a client that is still sending, too', async () => {
    host.publish('getonly', { exports: () => 'x', methods: ['GET'] });
    const large = Buffer.alloc(11 * 1024 * 1024, 'x');
    for (const [path, status] of [
      ['/none', 404],
      ['/getonly', 405],
      ['/%', 400],
    ] as const) {
      expect((await host.fetch(path, { method: 'POST', body: large })).status).toBe(status);
      expect((await host.fetch(path, chunks('x/y', large))).status).toBe(status);
    }
  });

  it('the limit itself is allowed', async () => {
    await host.close();
    host = await startHost(1000);
    host.publish('body', ({ body }) => String(body.length));
    const ask = async (size: number): Promise<number> =>
      (await host.fetch('/body', { method: 'POST', body: 'x'.repeat(size), headers: { 'content-type': 'text/plain' } })).status;
    expect([await ask(1000), await ask(1001)]).toEqual([200, 413]);
  });

  it('a client that never stops sending is cut off after what a refusal allows', async () => {
    const closed = event();
    const socket = connect({ port: host.port, host: '127.0.0.1' });
    socket.on('error', () => undefined);
    socket.once('close', closed.happen);
    socket.write('POST /body HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n');
    const chunk = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(0x100000, 'x'), Buffer.from('\r\n')]);
    const first = once(socket, 'data');
    const pump = (): void => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on('drain', pump);
    pump();
    expect(String((await first)[0])).toMatch(/^HTTP\/1\.1 413 /);
    await closed.happened;
    expect((await host.fetch('/none')).status).toBe(404);
  });

  it('an aborted body runs no function and is no failure of one', async () => {
    const closed = event();
    host.server.once('connection', (socket) => socket.once('close', closed.happen));
    const socket = connect({ port: host.port, host: '127.0.0.1' });
    socket.write('POST /body HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"a":');
    await vi.waitFor(() => expect(host.app.counters.requests).toBe(1));
    socket.destroy();
    await closed.happened;
    expect((await host.fetch('/none')).status).toBe(404);
    expect([calls, host.failures, host.lines]).toEqual([0, [], []]);
  });

  it('the connection is kept and stays in step after a refused body', async () => {
    const body = '{"a":';
    const request = `POST /body HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const reply = await send(
      host.port,
      `${request}POST /none HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET /none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    expect(reply.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400', 'HTTP/1.1 404', 'HTTP/1.1 404']);
  });

  it('two lengths that contradict are refused before a body is read', async () => {
    const reply = await send(
      host.port,
      'POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    );
    expect([reply.slice(0, 12), calls]).toEqual(['HTTP/1.1 400', 0]);
  });

  it("a body that is cut short by the client's end is refused", async () => {
    const socket = connect({ port: host.port, host: '127.0.0.1' });
    socket.end('POST /body HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\nshort');
    await received(socket);
    expect([calls, host.failures]).toEqual([0, []]);
  });
});
