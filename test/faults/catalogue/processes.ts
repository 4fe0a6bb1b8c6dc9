import type { Scene } from '../scene.ts';
import type { Fault } from './fault.ts';

/** Lets the function add its listeners, and replaces the worker. */
async function restart(scene: Scene): Promise<string> {
  const seen = await scene.call();
  return `${seen}, then ${(await scene.host.api('POST', '/v1/worker/restart')).status}`;
}

const refused = { guilty: /^500 Internal Server Error$/, log: /would stop or disturb the host, so a function cannot call it/ } as const;

/** What ends or disturbs a process, or would. */
export const processes: readonly Fault[] = [
  { id: 'exit', fault: '`process.exit()`', source: 'export default () => { process.exit(1); };', ...refused },
  {
    id: 'exit-from-package',
    fault: '`globalThis.process.exit()`, as a package calls it',
    source: 'export default () => { globalThis.process.exit(1); };',
    ...refused,
  },
  {
    id: 'exit-later',
    fault: '`process.exit()` in a timer',
    source: "export default () => { setTimeout(() => process.exit(1)); return 'ok'; };",
    guilty: /^200 ok$/,
    log: refused.log,
  },
  { id: 'abort', fault: '`process.abort()`', source: 'export default () => { process.abort(); };', ...refused },
  { id: 'really-exit', fault: '`process.reallyExit()`', source: 'export default () => { (process as any).reallyExit(1); };', ...refused },
  {
    id: 'kill-self',
    fault: "`process.kill(process.pid, 'SIGKILL')`",
    source: "export default () => { process.kill(process.pid, 'SIGKILL'); };",
    ...refused,
  },
  {
    id: 'kill-group',
    fault: "`process.kill(0, 'SIGKILL')`: the whole process group",
    source: "export default () => { process.kill(0, 'SIGKILL'); };",
    ...refused,
  },
  {
    id: 'kill-control',
    fault: "`process.kill(process.ppid, 'SIGKILL')`",
    source: "export default () => { process.kill(process.ppid, 'SIGKILL'); };",
    ...refused,
  },
  {
    id: 'kill-raw',
    fault: '`process._kill()`, which `kill()` calls',
    source: 'export default () => { (process as any)._kill(process.pid, 9); };',
    ...refused,
  },
  { id: 'chdir', fault: "`process.chdir('/')`", source: "export default () => { process.chdir('/'); };", ...refused },
  { id: 'disconnect', fault: '`process.disconnect()`', source: 'export default () => { process.disconnect(); };', ...refused },
  {
    id: 'remove-listeners',
    fault: '`process.removeAllListeners()`, then a stray rejection',
    source:
      "export default () => { process.removeAllListeners(); globalThis.process.removeAllListeners(); void Promise.reject(new Error('after removal')); return 'ok'; };",
    guilty: /^200 ok$/,
    log: /after removal/,
  },
  {
    id: 'exit-on-exception',
    fault: "`process.on('uncaughtException', () => process.exit(1))`, then a throw in a timer",
    source:
      "export default () => { process.on('uncaughtException', () => process.exit(1)); setTimeout(() => { throw new Error('caught by nobody'); }); return 'ok'; };",
    guilty: /^200 ok$/,
    log: /caught by nobody/,
  },
  {
    id: 'capture-exceptions',
    fault: '`process.setUncaughtExceptionCaptureCallback()`',
    source: 'export default () => { process.setUncaughtExceptionCaptureCallback(() => {}); };',
    ...refused,
  },
  {
    id: 'throwing-listener',
    fault: "a listener of the global process's `uncaughtException` that throws, then a throw in a timer",
    source:
      "export default () => { globalThis.process.on('uncaughtException', () => { throw new Error('listener'); }); setTimeout(() => { throw new Error('first'); }); return 'ok'; };",
    guilty: /^200 ok$/,
    log: /first/,
  },
  {
    id: 'destroy-stdout',
    fault: '`process.stdout.destroy()`, then a log line',
    source: "export default () => { process.stdout.destroy(); process.stderr.destroy(); console.log('still logged'); return 'ok'; };",
    guilty: /^200 ok$/,
    log: /still logged/,
  },
  {
    id: 'print-flood',
    alone: true,
    fault: '100,000 lines to `process.stdout`, and as many to its descriptor',
    source: [
      "import fs from 'node:fs';",
      "export default () => { for (let n = 0; n < 100_000; n++) { process.stdout.write('out\\n'); fs.writeSync(1, 'out\\n'); } return 'ok'; };",
    ].join('\n'),
    guilty: /^200 ok$|CPU_LIMIT/,
    log: /log lines were dropped/,
  },
  {
    id: 'sigterm-throws',
    fault: 'a listener for `SIGTERM` that throws and one that calls `process.exit()`, then a restart of the worker',
    source:
      "process.on('SIGTERM', () => process.exit(1)); process.on('SIGTERM', () => { throw new Error('no end'); }); export default () => 'ok';",
    provoke: restart,
    guilty: /^200 ok, then 204$/,
    others: 'drained',
    log: /in a listener for SIGTERM: Error: no end/,
  },
  {
    id: 'sigterm-loops',
    fault: 'a listener for `SIGTERM` that never returns, then a restart of the worker',
    source: "process.on('SIGTERM', () => { for (;;); }); export default () => 'ok';",
    provoke: restart,
    guilty: /^200 ok, then 204$/,
    others: 'drained',
    log: /in a listener for SIGTERM: HearthError: The function ran for more than/,
  },
  {
    id: 'sigterm-waits',
    env: { STOP_TIMEOUT_MS: '1000' },
    fault: 'a listener for `SIGTERM` whose promise never settles (stop timeout 1 s), then a restart of the worker',
    source: "process.on('SIGTERM', () => new Promise(() => {})); export default () => 'ok';",
    provoke: restart,
    guilty: /^200 ok, then 204$/,
    others: 'drained',
  },
  {
    id: 'unref-channel',
    alone: true,
    fault: '`process.channel.unref()` and `unref()` of all handles',
    source:
      "export default () => { (process as any).channel?.unref?.(); for (const handle of (process as any)._getActiveHandles()) handle.unref?.(); return 'ok'; };",
    guilty: /^200 ok$/,
  },
  {
    id: 'close-handles',
    fault: 'all handles of the process closed or destroyed: the listening socket, the channel to control, all connections',
    source:
      "export default () => { for (const handle of (process as any)._getActiveHandles()) { handle.close?.(); handle.destroy?.(); } return 'ok'; };",
    guilty: /^200 ok$|^cut off/,
    others: 'takeover',
  },
  {
    id: 'garble-channel',
    fault: 'bytes written to descriptor 3, the channel between the worker and control',
    source:
      "import fs from 'node:fs';\nexport default () => { fs.writeSync(3, Buffer.alloc(64, 'nonsense')); fs.writeSync(3, 'x'.repeat(1000)); };",
    provoke: async (scene) => {
      const { pid } = (await scene.host.api('GET', '/v1/status')).json.worker;
      await scene.call();
      await scene.untilReplaced(pid);
      return 'replaced';
    },
    guilty: /^replaced$/,
    others: 'takeover',
    log: /the worker sent/,
    blame: { function: null, quarantined: false },
  },
  {
    id: 'close-channel',
    fault: '`fs.closeSync(3)`: the channel is closed as if it were a file of the function',
    source: "import fs from 'node:fs';\nexport default () => { fs.closeSync(3); return 'ok'; };",
    provoke: async (scene) => {
      const { pid } = (await scene.host.api('GET', '/v1/status')).json.worker;
      const seen = await scene.call();
      await scene.untilReplaced(pid);
      return seen;
    },
    guilty: /^200 ok$/,
    others: 'takeover',
    log: /channel to the host was closed/,
    blame: { function: null, quarantined: false },
  },
  {
    id: 'inherit-channel',
    fault: 'a program that is given descriptors 3 and 4 in `stdio`',
    source: "import { spawn } from 'node:child_process';\nexport default () => { spawn('true', { stdio: [0, 1, 2, 3, 4] }); };",
    guilty: /^500 Internal Server Error$/,
    log: /belongs to the host, so a program cannot have it/,
  },
  {
    id: 'kill-by-program',
    fault: "`execSync('kill -9 $PPID')`: a program kills the worker",
    source: "import { execSync } from 'node:child_process';\nexport default () => { execSync('kill -9 $PPID'); };",
    guilty: /^cut off: (ECONNRESET|EPIPE)$/,
    others: 'takeover',
    log: /ended with SIGKILL/,
    blame: { function: null, quarantined: false },
  },
];
