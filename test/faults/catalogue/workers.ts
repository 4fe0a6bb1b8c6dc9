import type { Fault } from './fault.ts';

/** The loss of a worker whoever is to blame. */
export const workers: readonly Fault[] = [
  {
    id: 'operator-kill',
    fault: 'an operator kills the worker with `kill -9`',
    provoke: async (scene) => {
      const pid = await scene.host.workerPid();
      process.kill(pid, 'SIGKILL');
      await scene.untilReplaced(pid);
      return 'the next worker serves';
    },
    guilty: /serves/,
    others: 'takeover',
    log: /ended with SIGKILL/,
    blame: { function: null, quarantined: false },
  },
  {
    id: 'operator-stop',
    fault: 'an operator stops the worker, watchdog included, with `kill -STOP`',
    provoke: async (scene) => {
      const pid = await scene.host.workerPid();
      process.kill(pid, 'SIGSTOP');
      await scene.untilReplaced(pid);
      return 'the next worker serves';
    },
    guilty: /serves/,
    others: 'takeover',
    log: /was silent/,
    blame: { function: null, quarantined: false },
  },
  {
    id: 'operator-restart',
    fault: '`POST /v1/worker/restart`',
    provoke: async (scene) => String((await scene.host.api('POST', '/v1/worker/restart')).status),
    guilty: /^204$/,
    others: 'drained',
    log: /requested over the API/,
  },
  {
    id: 'operator-hangup',
    fault: 'SIGHUP to the host',
    provoke: async (scene) => {
      const pid = await scene.host.workerPid();
      scene.host.process.kill('SIGHUP');
      await scene.untilReplaced(pid);
      return 'a fresh worker serves';
    },
    guilty: /serves/,
    others: 'drained',
    log: /being replaced: SIGHUP/,
  },
  {
    id: 'three-deaths',
    fault: 'a function that ends the worker three times in a minute without leaving proof: it is disabled on the evidence',
    source: [
      "import { execSync } from 'node:child_process';",
      'export default () => {',
      '  const until = Date.now() + 200;',
      '  while (Date.now() < until);',
      "  execSync('kill -9 $PPID');",
      '};',
    ].join('\n'),
    provoke: async (scene) => {
      const seen: string[] = [];
      for (let death = 0; death < 3; death++) {
        const pid = await scene.host.workerPid();
        seen.push(await scene.call());
        await scene.untilReplaced(pid);
      }
      return `${seen.join(', ')}, then ${await scene.call()}`;
    },
    guilty: /^cut off: ECONNRESET, cut off: ECONNRESET, cut off: ECONNRESET, then 503 FUNCTION_QUARANTINED$/,
    others: 'takeover',
    log: /is disabled until you publish a new revision/,
    blame: { quarantined: true },
  },
];
