import { crowd } from './bystanders.ts';
import type { Fault } from './catalogue/fault.ts';
import type { Observation } from './witness.ts';

/** In which points an observation is not what the catalogue says; empty when all is well. */
export function findProblems(fault: Fault, observation: Observation): readonly string[] {
  const { seen, log, after, publish } = observation;
  return [
    ...unless(fault.guilty.test(seen), `who provoked it saw "${seen}", not ${fault.guilty}`),
    ...unless(!fault.log || log !== undefined, `the log has no line like ${fault.log}`),
    ...unless(after.state === 'serving', `the worker is ${after.state}`),
    ...unless(publish === 'live', `afterwards ${publish}`),
    ...findLosses(fault, observation),
    ...(fault.others === 'takeover' ? findWrongBlame(fault, observation) : findDeaths(fault, observation)),
  ];
}

function findLosses({ others }: Fault, { noticed, before, after }: Observation): readonly string[] {
  const { refused, wrong, reset, lost, answered } = noticed;
  // At most one request of each client was in a worker that died.
  const resets = others === 'takeover' ? (after.restarts - before.restarts) * (crowd.keepAlive + crowd.fresh) : 0;
  const codes = new Set(lost);
  return [
    ...unless(answered > 0, 'nobody was answered'),
    ...unless(refused === 0, `${refused} connections were refused`),
    ...unless(wrong.length === 0, `${wrong.length} requests got a wrong response, such as ${wrong[0]}`),
    ...unless(reset <= resets, `${reset} requests were cut off`),
    ...unless(others !== undefined || lost.length === 0, `${lost.length} sockets were lost`),
    ...unless(others !== 'drained' || (codes.size === 1 && codes.has(1012)), `sockets were closed with ${[...codes].join(', ')}`),
  ];
}

function findDeaths({ others }: Fault, { before, after }: Observation): readonly string[] {
  return [
    ...unless(
      after.restarts === before.restarts,
      `${after.restarts - before.restarts} workers were lost, the last because ${after.lastCrash?.message}`,
    ),
    ...unless(others === 'drained' || after.pid === before.pid, 'another worker serves'),
  ];
}

function findWrongBlame({ id, blame }: Fault, { after, newestCrash, blamedAnswers }: Observation): readonly string[] {
  const crash = after.lastCrash;
  if (!crash) return ['no worker was lost'];
  const listed = unless(newestCrash === crash.id, 'the crash is not in the list of reports');
  if (!blame) return listed;
  const expected = blame.function === undefined ? id : (blame.function ?? undefined);
  const { function: blamed, line } = crash.place ?? {};
  return [
    ...listed,
    ...unless(blamed === expected, `${blamed ?? 'nobody'} is blamed, not ${expected ?? 'nobody'}`),
    ...unless(blame.line === undefined || line === blame.line, `line ${line} is blamed, not ${blame.line}`),
    ...unless(crash.quarantined === blame.quarantined, `it is ${crash.quarantined ? '' : 'not '}disabled`),
    ...unless(!blame.quarantined || blamedAnswers === '503 FUNCTION_QUARANTINED', `what is blamed answers ${blamedAnswers}`),
  ];
}

function unless(well: boolean, problem: string): readonly string[] {
  return well ? [] : [problem];
}
