import { describe, expect, it, vi } from 'vitest';
import { token } from './client.ts';
import { startHost } from './host.ts';

const path = '/v1/functions/f/run';

describe('POST …/run', () => {
  it('answers the response, the logs and the time of a draft', async () => {
    const host = await startHost();
    const reply = await host.call('POST', path, { source: 'draft' });
    expect(reply.status).toBe(200);
    expect(reply.body).toEqual({
      response: {
        status: 200,
        headers: { 'content-type': 'text/html', 'set-cookie': ['a=1', 'b=2'] },
        body: 'GET',
        encoding: 'utf8',
        truncated: false,
      },
      logs: [{ time: 1, level: 'info', message: 'ran', function: 'f', requestId: 'r' }],
      requestId: 'r',
      tookMs: 1.25,
    });
    expect(host.runs).toEqual([
      { name: 'f', source: 'draft', request: { method: 'GET', query: '', headers: {}, body: '', bodyEncoding: 'utf8' } },
    ]);
  });

  it('runs the live function without a source, and answers 404 when there is none', async () => {
    const host = await startHost();
    const reply = await host.call('POST', path, {});
    expect([reply.status, reply.body]).toMatchObject([404, { error: { code: 'FUNCTION_NOT_FOUND', name: 'f' } }]);
    await host.call('PUT', '/v1/functions/f', { source: 'live' });
    expect((await host.call('POST', path, {})).status).toBe(200);
    expect(host.runs).toEqual([{ name: 'f', request: { method: 'GET', query: '', headers: {}, body: '', bodyEncoding: 'utf8' } }]);
  });

  const json = { 'content-type': 'application/json' };
  const requests: [string, unknown, unknown][] = [
    ['an object as JSON', { body: { a: [1] } }, { method: 'POST', query: '', headers: json, body: '{"a":[1]}' }],
    ['a list as JSON', { body: [1] }, { method: 'POST', headers: json, body: '[1]' }],
    ['false as JSON', { body: false }, { method: 'POST', headers: json, body: 'false' }],
    ['a string as it is', { body: 'text' }, { method: 'POST', headers: {}, body: 'text' }],
    ['bytes in base64', { body: '/wD+', bodyEncoding: 'base64' }, { method: 'POST', headers: {}, body: '/wD+', bodyEncoding: 'base64' }],
    ['null as no body', { body: null }, { method: 'GET', headers: {}, body: '' }],
    ['a content-type of the caller', { body: {}, headers: { 'Content-Type': 'x/y' } }, { headers: { 'content-type': 'x/y' } }],
    ['a method in any case', { method: 'patch', body: 'x' }, { method: 'PATCH' }],
    ['header names in lower case', { headers: { 'X-Real-IP': '1' } }, { headers: { 'x-real-ip': '1' } }],
    ['a query string', { query: 'a=1&b=%20' }, { query: 'a=1&b=%20' }],
    ['a query string with its mark', { query: '?a=1' }, { query: 'a=1' }],
    ['a query object', { query: { a: 'x y', n: 1, b: true, l: ['1', '2'] } }, { query: 'a=x+y&n=1&b=true&l=1&l=2' }],
  ];
  it.each(requests)('takes %s', async (_what, request, expected) => {
    const host = await startHost();
    expect((await host.call('POST', path, { source: 's', request })).status).toBe(200);
    expect(host.runs[0]?.request).toMatchObject(Object(expected));
  });

  const refused: [string, unknown][] = [
    ['an unknown method', { method: 'BREW' }],
    ['a header that is no string', { headers: { a: 1 } }],
    ['an invalid header name', { headers: { 'a b': 'x' } }],
    ['a line break in a header', { headers: { a: 'x\r\nb: y' } }],
    ['a query that is a number', { query: 1 }],
    ['a nested query', { query: { a: { b: 'c' } } }],
    ['base64 that is none', { body: 'a b', bodyEncoding: 'base64' }],
    ['base64 that is no string', { body: { a: 1 }, bodyEncoding: 'base64' }],
    ['an unknown encoding', { body: '', bodyEncoding: 'hex' }],
    ['an unknown property', { url: '/' }],
  ];
  it.each(refused)('answers 400 for %s', async (_what, request) => {
    const host = await startHost();
    const reply = await host.call('POST', path, { source: 's', request });
    expect([reply.status, reply.body]).toMatchObject([
      400,
      { error: { code: 'INVALID_BODY', message: expect.stringContaining('request') } },
    ]);
    expect(host.runs).toEqual([]);
  });

  it('answers 400 for a body too deep to write again', async () => {
    const host = await startHost();
    const depth = 200_000;
    const raw = `{"source":"s","request":{"body":${'['.repeat(depth)}${']'.repeat(depth)}}}`;
    const reply = await host.call('POST', path, undefined, { raw });
    expect([reply.status, reply.body]).toMatchObject([400, { error: { code: 'INVALID_BODY', reason: expect.stringContaining('deep') } }]);
  });

  it('answers 422 for a draft that ended the worker', async () => {
    const host = await startHost();
    const reply = await host.call('POST', path, { source: 'deadly' });
    expect([reply.status, reply.body]).toMatchObject([422, { error: { code: 'LOAD_FAILED', reason: 'the event loop was blocked.' } }]);
  });

  it('aborts the run when the client goes away, and not when it was answered', async () => {
    const host = await startHost();
    await host.call('POST', path, { source: 'draft' });
    const going = new AbortController();
    const asking = fetch(`http://127.0.0.1:${host.port}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ source: 'endless' }),
      signal: going.signal,
    });
    await vi.waitFor(() => expect(host.runs).toHaveLength(2));
    expect(host.runSignals[1]?.aborted).toBe(false);
    going.abort();
    await expect(asking).rejects.toThrow();
    await vi.waitFor(() => expect(host.runSignals[1]?.aborted).toBe(true));
    expect(host.logs.query({}, 10)).toEqual([]);
  });

  it('answers 413 for a draft beyond the limit and 504 for one that takes too long', async () => {
    const host = await startHost();
    expect((await host.call('POST', path, { source: 'x'.repeat(1001) })).body).toMatchObject({ error: { code: 'SOURCE_TOO_LARGE' } });
    const slow = await host.call('POST', path, { source: 'slow' });
    expect([slow.status, slow.body]).toMatchObject([504, { error: { code: 'RUN_TIMED_OUT' } }]);
  });
});
