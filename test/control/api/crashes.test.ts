import { describe, expect, it } from 'vitest';
import { bareReport, stuckReport } from './fakes.ts';
import { startHost } from './host.ts';

describe('GET /v1/crashes', () => {
  it('answers the reports in short, newest first', async () => {
    const host = await startHost();
    expect((await host.call('GET', '/v1/crashes')).body).toEqual({ crashes: [] });
    host.reports.push(stuckReport, bareReport);
    const { body } = await host.call('GET', '/v1/crashes');
    expect(body).toEqual({
      crashes: [
        {
          id: stuckReport.id,
          at: 1_700_000_000_005,
          pid: 76,
          code: null,
          signal: 'SIGKILL',
          cause: 'stuck',
          message: stuckReport.message,
          place: { function: 'f', revision: 2, line: 3, column: 9 },
          quarantined: true,
        },
        {
          id: bareReport.id,
          at: 1_700_000_000_004,
          pid: null,
          code: 134,
          signal: null,
          cause: 'exited',
          message: bareReport.message,
          quarantined: false,
        },
      ],
    });
  });
});

describe('GET /v1/crashes/{id}', () => {
  it.each([stuckReport, bareReport])('answers the whole of a report whose cause is $cause', async (report) => {
    const host = await startHost();
    host.reports.push(stuckReport, bareReport);
    expect((await host.call('GET', `/v1/crashes/${report.id}`)).body).toEqual(report);
  });

  it('takes a place in a draft, of which only the function is known', async () => {
    const host = await startHost();
    const place = { function: 'f', revision: 0 };
    host.reports.push({ ...bareReport, place });
    expect((await host.call('GET', `/v1/crashes/${bareReport.id}`)).body).toMatchObject({ place });
  });

  it.each(['none', '..%2F..%2Fetc', '%00'])('answers 404 for %s', async (id) => {
    const host = await startHost();
    host.reports.push(stuckReport);
    const reply = await host.call('GET', `/v1/crashes/${id}`);
    expect([reply.status, reply.body]).toMatchObject([404, { error: { code: 'CRASH_NOT_FOUND', id: decodeURIComponent(id) } }]);
  });
});
