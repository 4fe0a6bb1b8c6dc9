import { afterAll, describe, expect, it } from 'vitest';
import type { TestHost } from '../scenario/host.ts';
import type { Fault } from './catalogue/fault.ts';
import { findProblems } from './judge.ts';
import { type Row, toRow, writeRows } from './table.ts';
import { startHost, witness } from './witness.ts';

/** Tests a group of the catalogue. Faults that leave the worker as it is share a host with those of the same variables. */
export function testFaults(faults: readonly Fault[]): void {
  const hosts = new Map<string, Promise<TestHost>>();
  const rows: Row[] = [];

  afterAll(async () => {
    await Promise.all([...hosts.values()].map(async (host) => (await host)[Symbol.asyncDispose]()));
    if (process.env['FAULTS_WRITE']) writeRows(rows);
  });

  async function shared({ env = {} }: Fault): Promise<TestHost> {
    const key = JSON.stringify(env);
    const host = hosts.get(key) ?? startHost(env);
    hosts.set(key, host);
    return host;
  }

  async function problemsOf(fault: Fault, host: TestHost): Promise<readonly string[]> {
    const observation = await witness(host, fault);
    rows.push(toRow(fault, observation));
    return findProblems(fault, observation);
  }

  const due = faults.filter(({ todo }) => todo === undefined || process.env['FAULTS_TODO']);

  describe('a fault', () => {
    it.each(due.filter((fault) => sharesHost(fault)))('$id loses nobody anything', { timeout: 60_000 }, async (fault) => {
      expect(await problemsOf(fault, await shared(fault))).toEqual([]);
    });

    // A worker that lives shortly after another one is started later: each of these begins afresh.
    it.each(due.filter((fault) => !sharesHost(fault)))('$id behaves as its row says', { timeout: 60_000 }, async (fault) => {
      await using host = await startHost(fault.env ?? {});
      expect(await problemsOf(fault, host)).toEqual([]);
    });
  });
}

function sharesHost({ others, alone }: Fault): boolean {
  return others === undefined && alone !== true;
}
