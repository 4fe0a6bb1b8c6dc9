import autocannon from 'autocannon';
import { endWithParent } from './announce.mjs';
import { answerJobs } from './answer.mjs';

/** How often autocannon looks whether the time is over, in milliseconds; by itself it does so once a second. */
const sampleInt = 100;

/**
 * Loads a server for the time, one request under way on each connection.
 *
 * @param {{ url: string, body?: string, connections: number, duration: number }} job `duration` in milliseconds
 */
async function load({ url, body, connections, duration }) {
  const before = process.cpuUsage();
  const begun = performance.now();
  const posted = body === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body };
  const result = await autocannon({ url, connections, duration: duration / 1_000, sampleInt, ...posted });
  const { user, system } = process.cpuUsage(before);
  return {
    count: result['2xx'],
    failed: result.non2xx + result.errors + result.timeouts,
    took: result.finish.getTime() - result.start.getTime(),
    // Of one core, from the start of the connections to their end.
    busy: (user + system) / 1_000 / (performance.now() - begun),
  };
}

endWithParent();
answerJobs(load);
