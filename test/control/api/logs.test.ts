import { describe, expect, it } from 'vitest';
import { objectAt } from './conformance.ts';
import type { Reply } from './client.ts';
import { type TestHost, startHost } from './host.ts';

function messages({ body }: Reply): unknown[] {
  const { logs } = objectAt(body);
  return Array.isArray(logs) ? logs.map((record) => objectAt(record)['message']) : [];
}

async function withLogs(): Promise<TestHost> {
  const host = await startHost();
  host.logs.log({ time: 1000, level: 'debug', message: 'a', function: 'f', requestId: 'r1' });
  host.logs.log({
    time: 2000,
    level: 'info',
    message: 'b',
    function: 'f',
    revision: 2,
    requestId: 'r2',
    connectionId: 'c',
    line: 1,
    column: 2,
  });
  host.logs.log({ time: 3000, level: 'warn', message: 'c', function: 'g', requestId: 'r1' });
  host.logs.log({ time: 4000, level: 'error', message: 'd', stack: 'Error: d' });
  return host;
}

describe('GET /v1/logs', () => {
  it('answers the records as they were logged, oldest first', async () => {
    const host = await withLogs();
    const reply = await host.call('GET', '/v1/logs');
    expect(messages(reply)).toEqual(['a', 'b', 'c', 'd']);
    expect(reply.body).toMatchObject({
      logs: [{ id: expect.any(Number), time: 1000, level: 'debug', function: 'f', requestId: 'r1' }, {}, {}, { stack: 'Error: d' }],
    });
  });

  it.each([
    ['function=f', ['a', 'b']],
    ['level=warn', ['c', 'd']],
    ['requestId=r1', ['a', 'c']],
    ['connectionId=c', ['b']],
    ['connectionId=c&text=a', []],
    ['since=3000', ['c', 'd']],
    ['since=1970-01-01T00:00:03.000Z', ['c', 'd']],
    ['since=1970-01-01T01:00:04%2B01:00', ['d']],
    ['since=1970-01-02', []],
    ['limit=1', ['d']],
    ['limit=2&function=f&level=debug', ['a', 'b']],
    ['function=f&requestId=r1', ['a']],
  ])('filters by %s', async (query, expected) => {
    const host = await withLogs();
    expect(messages(await host.call('GET', `/v1/logs?${query}`))).toEqual(expected);
  });

  it('filters by a part of the message, in any case', async () => {
    const host = await startHost();
    for (const message of ['It BROKE again', 'fine', 'broken']) host.logs.log({ time: 1, level: 'info', message });
    expect(messages(await host.call('GET', '/v1/logs?text=Broke'))).toEqual(['It BROKE again', 'broken']);
    expect(messages(await host.call('GET', '/v1/logs?text=broke%20a'))).toEqual(['It BROKE again']);
  });

  it('answers the newest 200 unless told otherwise', async () => {
    const host = await startHost();
    for (let n = 0; n < 300; n += 1) host.logs.log({ time: 1, level: 'info', message: String(n) });
    const newest = messages(await host.call('GET', '/v1/logs'));
    expect([newest.length, newest.at(0), newest.at(-1)]).toEqual([200, '100', '299']);
    expect(messages(await host.call('GET', '/v1/logs?limit=10000'))).toHaveLength(300);
  });

  it.each([
    'limit=0',
    'limit=10001',
    'limit=-1',
    'limit=1.5',
    'limit=x',
    'limit=',
    'limit=0x10',
    'limit=1&limit=2',
    'level=fatal',
    'level=',
    'since=yesterday',
    'since=',
    'since=99999999999999999',
    'since=2024-13-01',
    'function=',
    'text=',
    'connectionId=',
    'levl=error',
    '__proto__=x',
  ])('answers 400 for %s, also for the stream', async (query) => {
    const host = await startHost();
    for (const path of ['/v1/logs', '/v1/logs/stream']) {
      const reply = await host.call('GET', `${path}?${query}`);
      expect([reply.status, reply.body]).toMatchObject([400, { error: { code: 'INVALID_QUERY', reason: expect.any(String) } }]);
    }
  });
});
