import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { answers } from '../../../runtime/control/api/responses.ts';
import { requests } from '../../../runtime/control/api/requests.ts';
import { open, send } from './client.ts';
import { objectAt } from './conformance.ts';
import { bareReport, stuckReport } from './fakes.ts';
import { type TestHost, startHost } from './host.ts';

const calls = [
  'DELETE /v1/connections/{id}',
  'DELETE /v1/functions/{name}',
  'GET /',
  'GET /_/healthz',
  'GET /_/readyz',
  'GET /metrics',
  'GET /v1/connections',
  'GET /v1/crashes',
  'GET /v1/crashes/{id}',
  'GET /v1/deleted',
  'GET /v1/export',
  'GET /v1/functions',
  'GET /v1/functions/{name}',
  'GET /v1/functions/{name}/revisions',
  'GET /v1/functions/{name}/revisions/{n}',
  'GET /v1/logs',
  'GET /v1/logs/stream',
  'GET /v1/openapi.json',
  'GET /v1/status',
  'GET /v1/status/history',
  'POST /v1/check',
  'POST /v1/connections/{id}/send',
  'POST /v1/functions/{name}/rollback',
  'POST /v1/functions/{name}/run',
  'POST /v1/import',
  'POST /v1/publish',
  'POST /v1/worker/init',
  'POST /v1/worker/restart',
  'PUT /v1/functions/{name}',
];

async function makeEveryCall(host: TestHost): Promise<void> {
  await host.call('PUT', '/v1/functions/f', { source: 'a' });
  await host.call('PUT', '/v1/functions/f', { source: 'b' });
  for (const path of ['', '/v1/functions', '/v1/functions/f', '/v1/functions/f/revisions', '/v1/functions/f/revisions/1']) {
    await host.call('GET', path === '' ? '/' : path);
  }
  await host.call('POST', '/v1/functions/f/rollback', { revision: 1 });
  await host.call('POST', '/v1/publish', { functions: [{ name: 'g', source: 'g' }] });
  await host.call('POST', '/v1/check', { functions: [{ name: 'g', source: 'g' }] });
  await host.call('POST', '/v1/functions/f/run', {});
  await host.call('DELETE', '/v1/functions/f');
  for (const path of [
    '/v1/logs',
    '/v1/connections',
    '/v1/deleted',
    '/v1/status',
    '/v1/status/history',
    '/v1/openapi.json',
    '/_/healthz',
    '/_/readyz',
    '/metrics',
  ])
    await host.call('GET', path);
  const { text } = await host.call('GET', '/v1/export?secret=true');
  await host.call('POST', '/v1/import?mode=replace', undefined, { raw: text });
  await host.call('POST', '/v1/connections/c1/send', { data: 'x' });
  await host.call('DELETE', '/v1/connections/c1');
  host.reports.push(stuckReport, bareReport);
  for (const path of ['', `/${stuckReport.id}`, `/${bareReport.id}`]) await host.call('GET', `/v1/crashes${path}`);
  await host.call('POST', '/v1/worker/restart');
  await host.call('POST', '/v1/worker/init');
}

describe('GET /v1/openapi.json', () => {
  it('describes every call', async () => {
    const host = await startHost();
    const described = new Set([...host.conformance.described].map((entry) => entry.split(' ').slice(0, 2).join(' ')));
    expect([...described].toSorted()).toEqual(calls);
  });

  it('describes the successful answer of every call as it is', async () => {
    const host = await startHost();
    await makeEveryCall(host);
    const successes = [...host.conformance.described].filter((entry) => / 2\d\d$/.test(entry) && !entry.includes('/stream'));
    expect(successes.filter((entry) => !host.conformance.seen.has(entry))).toEqual([]);
  });

  it('describes the stream and its records', async () => {
    const host = await startHost();
    host.logs.log({
      time: 1,
      level: 'warn',
      message: 'm',
      function: 'f',
      revision: 1,
      requestId: 'r',
      connectionId: 'c',
      line: 1,
      column: 1,
      stack: 's',
    });
    const response = await open({ port: host.port, method: 'GET', path: '/v1/logs/stream?limit=1' });
    const [chunk] = await response.setEncoding('utf8').take(1).toArray();
    const record: unknown = JSON.parse(/^data: (.*)$/m.exec(String(chunk))?.[1] ?? '');
    const ajv = new Ajv2020({ strict: false }).addSchema(host.conformance.document, 'api');
    expect(ajv.validate({ $ref: 'api#/components/schemas/LoggedRecord' }, record)).toBe(true);
  });

  it('is OpenAPI 3.1 whose references all lead somewhere', async () => {
    const { document } = (await startHost()).conformance;
    expect(document).toMatchObject({ openapi: '3.1.0', info: { title: expect.any(String), version: '1.2.3' } });
    const schemas = objectAt(objectAt(document['components'])['schemas']);
    expect(Object.keys(schemas).toSorted()).toEqual([...Object.keys(requests), ...Object.keys(answers)].toSorted());
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, target]) => target);
    expect(references.length).toBeGreaterThan(50);
    for (const target of new Set(references)) expect(Object.keys(schemas)).toContain(target?.replace('#/components/schemas/', ''));
    expect(JSON.stringify(document)).not.toContain('$defs');
  });

  it('gives each operation an id of its own, its path parameters, and its errors', async () => {
    const { document } = (await startHost()).conformance;
    const ids = new Set<unknown>();
    for (const [path, operations] of Object.entries(objectAt(document['paths']))) {
      for (const given of Object.values(objectAt(operations))) {
        const { operationId, parameters = [], responses, summary } = objectAt(given);
        ids.add(operationId);
        expect(summary).toBeTruthy();
        const names = Array.isArray(parameters)
          ? parameters
              .map(objectAt)
              .filter((one) => one['in'] === 'path')
              .map((one) => `{${String(one['name'])}}`)
          : [];
        expect(names).toEqual(path.match(/\{\w+\}/g) ?? []);
        expect(Object.keys(objectAt(responses))).toContain('500');
      }
    }
    expect(ids.size).toBe(calls.length);
  });

  it('describes the bodies that the calls take, and no others', async () => {
    const { document } = (await startHost()).conformance;
    const ajv = new Ajv2020({ strict: false }).addSchema(document, 'api');
    const takes = (name: string, body: unknown) => ajv.validate({ $ref: `api#/components/schemas/${name}` }, body);
    expect(takes('FunctionEdit', { source: 's', methods: ['get'], note: 'n', ifRevision: 0 })).toBe(true);
    expect(takes('FunctionEdit', { source: 's', methods: null })).toBe(true);
    expect(takes('FunctionEdit', { methods: null })).toBe(false);
    expect(takes('FunctionEdit', { source: 's', other: 1 })).toBe(false);
    expect(takes('Change', { functions: [{ name: 'a', source: 's' }], deleted: ['b'] })).toBe(true);
    expect(takes('Run', { request: { method: 'GET', query: { a: 1 }, headers: { a: 'b' }, body: { any: 1 } } })).toBe(true);
    expect(takes('Rollback', { revision: 0 })).toBe(false);
    expect(takes('Send', { data: 'x', encoding: 'hex' })).toBe(false);
  });

  it('needs the token', async () => {
    const host = await startHost();
    expect((await send({ port: host.port, method: 'GET', path: '/v1/openapi.json', token: null })).status).toBe(401);
  });
});
