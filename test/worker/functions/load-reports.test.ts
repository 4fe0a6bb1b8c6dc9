import { beforeEach, describe, expect, it } from 'vitest';
import { FunctionModule } from '../../../runtime/kernel/functions/module.ts';
import { LoadReports } from '../../../runtime/worker/functions/load-reports.ts';
import { SourcePositions } from '../../../runtime/worker/functions/source-positions.ts';

let told: unknown[];
let reports: LoadReports;

beforeEach(() => {
  told = [];
  reports = new LoadReports(new SourcePositions('/'), {
    loading: () => {},
    outcome: ({ name }, error) => void told.push([name, error?.message ?? null]),
  });
});

const make = (name: string, kept = false): FunctionModule =>
  new FunctionModule({ name, revision: 1, methods: undefined, code: '', map: '{}', ...(kept && { kept: true }) });

describe('LoadReports', () => {
  it('tells a failure once, another one again, and that it has loaded after all', () => {
    const late = make('late');
    for (const message of ['no key', 'no key', 'no host']) reports.failed(late, new Error(message), undefined);
    reports.loaded(late);
    reports.loaded(late);
    expect(told).toEqual([
      ['late', 'Error: no key'],
      ['late', 'Error: no host'],
      ['late', null],
    ]);
  });

  it('says nothing of a function that has always loaded', () => {
    reports.loaded(make('fine'));
    expect(told).toEqual([]);
  });

  it('tells that a function has loaded which was published although it did not', () => {
    reports.loaded(make('stored', true));
    reports.keep(['staged']);
    reports.loaded(make('staged'));
    expect(told).toEqual([
      ['stored', null],
      ['staged', null],
    ]);
  });
});
