import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { call, type Host, received, startHost, type TestFunction } from './host.ts';

const html = 'text/html; charset=utf-8';
const json = 'application/json; charset=utf-8';

let host: Host;
beforeEach(async () => {
  host = await startHost();
});
afterEach(() => host.close());

async function answer(
  handler: TestFunction,
  init?: RequestInit,
): Promise<{ status: number; type: string | null; text: string; headers: Headers }> {
  host.publish('f', handler);
  const response = await host.fetch('/f', init);
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text(), headers: response.headers };
}

describe('reply() follows the table', () => {
  const date = new Date('2020-01-02T03:04:05.000Z');
  const rows: [string, unknown, string | null, string][] = [
    ['a string', 'grüße', html, 'grüße'],
    ['an empty string', '', html, ''],
    ['a number', 12.5, html, '12.5'],
    ['zero', 0, html, '0'],
    ['NaN', Number.NaN, html, 'NaN'],
    ['a bigint', 12345678901234567890n, html, '12345678901234567890'],
    ['true', true, json, 'true'],
    ['false', false, json, 'false'],
    ['an object', { a: [1, null] }, json, '{"a":[1,null]}'],
    ['an array', [1, 'ü'], json, '[1,"ü"]'],
    ['a Date', date, json, '"2020-01-02T03:04:05.000Z"'],
    ['null', null, null, ''],
    ['undefined', undefined, null, ''],
    ['a Buffer', Buffer.from('raw'), 'application/octet-stream', 'raw'],
  ];
  for (const [what, value, type, text] of rows) {
    it(`reply() answers ${what} returned at once`, async () => {
      const got = await answer(() => value);
      expect([got.status, got.type, got.text]).toEqual([200, type, text]);
      expect(got.headers.get('content-length')).toBe(String(Buffer.byteLength(text)));
    });
    it(`reply() answers ${what} returned by a promise`, async () => {
      const got = await answer(async () => value);
      expect([got.status, got.type, got.text]).toEqual([200, type, text]);
    });
  }

  it('reply() awaits a thenable', async () => {
    // oxlint-disable-next-line unicorn/no-thenable -- that it is one is the point
    const thenable = { then: (settle: (value: string) => void) => settle('later') };
    expect((await answer(() => thenable)).text).toBe('later');
  });

  it('reply() keeps a status and a content type that the function has set', async () => {
    const got = await answer(({ response }) => {
      response.statusCode = 404;
      response.setHeader('Content-Type', 'application/problem+json');
      return { a: 1 };
    });
    expect([got.status, got.type, got.text]).toEqual([404, 'application/problem+json', '{"a":1}']);
  });

  it('reply() adds the character set to a text type without one, as Express does', async () => {
    const got = await answer(({ response }) => {
      response.setHeader('Content-Type', 'text/plain');
      return 'ü';
    });
    expect([got.type, got.text]).toEqual(['text/plain; charset=utf-8', 'ü']);
  });

  it('reply() corrects a content length that the function has set', async () => {
    const got = await answer(({ response }) => {
      response.setHeader('Content-Length', 1);
      response.setHeader('Transfer-Encoding', 'chunked');
      return 'longer';
    });
    expect([got.text, got.headers.get('content-length')]).toEqual(['longer', '6']);
  });

  it('reply() frames a value by its length although the function asked for chunks', async () => {
    const got = await answer(({ response }) => {
      response.chunkedEncoding = true;
      return 'whole';
    });
    expect([got.text, got.headers.get('content-length')]).toEqual(['whole', '5']);
  });

  it('reply() sends no body with 204, 205 and 304', async () => {
    for (const status of [204, 205, 304]) {
      const got = await answer(({ response }) => {
        response.statusCode = status;
        return 'text';
      });
      expect([got.status, got.text]).toEqual([status, '']);
    }
  });

  it('reply() takes the returned response for nothing', async () => {
    const got = await answer(({ response }) => response.status(202));
    expect([got.status, got.text, got.type]).toEqual([202, '', null]);
  });

  it('reply() answers HEAD with the headers of GET', async () => {
    host.publish('f', () => 'hello');
    const got = await call(host.port, { method: 'HEAD', path: '/f' });
    expect([got.status, got.text, got.headers['content-length'], got.headers['content-type']]).toEqual([200, '', '5', html]);
  });
});

describe('reply() and a response that has ended or begun', () => {
  it('reply() ignores what is returned after end()', async () => {
    const got = await answer(({ response }) => {
      response.end('first');
      return 'second';
    });
    expect([got.status, got.text, host.failures]).toEqual([200, 'first', []]);
  });

  it('reply() ignores what is returned after send()', async () => {
    const got = await answer(async ({ response }) => {
      response.status(201).send('x');
      return { y: 1 };
    });
    expect([got.status, got.text]).toEqual([201, 'x']);
  });

  it('reply() ends what was written with a returned value', async () => {
    for (const [value, text] of [
      ['b', 'ab'],
      [{ b: 1 }, 'a{"b":1}'],
      [Buffer.from('c'), 'ac'],
      [3, 'a3'],
    ] as const) {
      const got = await answer(({ response }) => {
        response.write('a');
        return value;
      });
      expect(got.text).toBe(text);
    }
  });

  it("a write after end() is the function's failure and nothing more", async () => {
    const got = await answer(({ response }) => {
      response.end('done');
      response.write('late');
    });
    expect(got.text).toBe('done');
    await vi.waitFor(() => expect(host.failures).toHaveLength(1));
    expect(host.failures[0]?.invocation.function).toBe('f');
    expect((await host.fetch('/f')).status).toBe(200);
  });
});

describe('a throw', () => {
  const circular: { self?: unknown } = {};
  circular.self = circular;
  const rows: [string, TestFunction][] = [
    [
      'a thrown error',
      () => {
        throw new Error('secret');
      },
    ],
    [
      'a rejection',
      async () => {
        throw new Error('secret');
      },
    ],
    ['a thrown undefined', async () => Promise.reject(undefined)], // oxlint-disable-line typescript/prefer-promise-reject-errors
    ['a circular value', () => circular],
    [
      'a value whose toJSON throws',
      () => ({
        toJSON: () => {
          throw new Error('secret');
        },
      }),
    ],
    ['a value whose toJSON answers nothing', () => ({ toJSON: () => undefined })],
    ['a bigint within a value', async () => ({ n: 1n })],
    ['a returned function', () => () => 1],
    ['a returned symbol', () => Symbol('s')],
    [
      'a status that is none',
      ({ response }) => {
        response.statusCode = 99;
        return 'x';
      },
    ],
    [
      'a status message that is none',
      ({ response }) => {
        response.statusMessage = 'a\nb';
        return 'x';
      },
    ],
    [
      'a throw after odd headers',
      ({ response }) => {
        response.statusCode = 204;
        response.statusMessage = 'Fine';
        response.setHeader('Content-Type', 'image/png');
        response.setHeader('Content-Length', 9999);
        response.setHeader('Content-Encoding', 'gzip');
        response.setHeader('Transfer-Encoding', 'chunked');
        response.setHeader('Cache-Control', 'public, max-age=3600');
        response.setHeader('ETag', '"x"');
        response.chunkedEncoding = true;
        throw new Error('secret');
      },
    ],
  ];
  for (const [what, handler] of rows) {
    it(`${what} is an opaque 500`, async () => {
      const got = await answer(handler);
      expect([got.status, got.type]).toEqual([500, json]);
      expect(JSON.parse(got.text)).toEqual({ error: 'Internal Server Error', requestId: got.headers.get('request-id') });
      expect(got.headers.get('cache-control')).toBeNull();
      expect(host.failures).toHaveLength(1);
      expect([host.app.counters.requests, host.app.counters.requestErrors]).toEqual([1, 1]);
      expect(host.failures[0]?.invocation).toMatchObject({
        function: 'f',
        revision: 1,
        requestId: got.headers.get('request-id'),
        ended: true,
      });
    });
  }

  it('a throw after the headers were sent breaks the connection', async () => {
    host.publish('f', ({ response }) => {
      response.write('part');
      throw new Error('late');
    });
    const socket = connect({ port: host.port, host: '127.0.0.1' });
    socket.write('GET /f HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(await received(socket)).not.toContain('0\r\n\r\n');
    expect(host.failures).toHaveLength(1);
  });

  it('a throw after end() leaves the response as it was sent', async () => {
    const got = await answer(async ({ response }) => {
      response.send('sent');
      throw new Error('late');
    });
    expect([got.status, got.text]).toEqual([200, 'sent']);
    await vi.waitFor(() => expect(host.failures).toHaveLength(1));
  });

  it('code that throws while it is evaluated, or exports no handler, is a 500', async () => {
    host.publish('f', {
      evaluate: () => {
        throw new Error('at the top');
      },
    });
    expect((await host.fetch('/f')).status).toBe(500);
    host.publish('f', { exports: { helper: 1 } });
    expect((await host.fetch('/f')).status).toBe(500);
    expect(host.failures.map(({ thrown }) => String(thrown))).toEqual(['Error: at the top', expect.stringContaining('exports no handler')]);
  });
});
