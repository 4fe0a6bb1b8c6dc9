import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Children, createChildren } from './child.ts';

let children: Children;

beforeAll(async () => {
  children = await createChildren();
});

afterAll(() => children.close());

describe('guardProcess()', () => {
  it('refuses all that would end or disturb the host', async () => {
    const { messages, code, stderr } = await children.run(`
      import { guardProcess } from 'runtime/worker/functions/process-guard.ts';
      const end = process.reallyExit.bind(process);
      const { send } = guardProcess();
      const tried = [];
      const attempt = (label, call) => {
        try { tried.push([label, 'answered', String(call())]); } catch (error) { tried.push([label, error.code, error.message]); }
      };
      for (const name of ['abort', 'reallyExit', 'send', 'disconnect', 'setUncaughtExceptionCaptureCallback', 'chdir']) {
        attempt(name, () => process[name]());
      }
      for (const pid of [process.pid, process.ppid, 0, -1, String(process.pid)]) attempt('kill', () => process.kill(pid, 'SIGKILL'));
      attempt('kill', () => process.kill(process.pid));
      attempt('alive', () => process.kill(process.pid, 0));
      attempt('exit', () => process.exit(3));
      send({ tried }, () => end(0));
    `);
    expect([code, stderr]).toEqual([0, '']);
    const [{ tried }] = messages as [{ tried: [string, string, string][] }];
    expect(tried).toHaveLength(14);
    const alive = tried.filter(([label]) => label === 'alive');
    expect(alive.map(([, outcome]) => outcome)).toEqual(['answered']);
    const others = tried.filter(([label]) => label !== 'alive');
    expect(new Set(others.map(([, outcome]) => outcome))).toEqual(new Set(['PROCESS_REFUSED']));
    expect(others.find(([label]) => label === 'exit')?.[2]).toContain('process.exit()');
  });

  it('refuses what kill() ends in as well, and lets it signal others', async () => {
    const { messages, code } = await children.run(`
      import { spawn } from 'node:child_process';
      import { guardProcess } from 'runtime/worker/functions/process-guard.ts';
      const { send } = guardProcess();
      const tried = [];
      for (const [pid, signal] of [[process.pid, 9], [process.ppid, 15], [0, 9], [-1, 9], [-process.pid, 9], [String(process.pid), 9], [process.pid]]) {
        try { tried.push(process._kill(pid, signal)); } catch (error) { tried.push(error.code); }
      }
      const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
      other.once('exit', (code, signal) => send({ tried, alive: process._kill(process.pid, 0), signal }, () => process.channel.unref()));
      process._kill(other.pid, 15);
    `);
    expect([messages, code]).toEqual([[{ tried: Array(7).fill('PROCESS_REFUSED'), alive: 0, signal: 'SIGTERM' }], 0]);
  });

  it('lets the process signal others', async () => {
    const { messages, code } = await children.run(`
      import { spawn } from 'node:child_process';
      import { guardProcess } from 'runtime/worker/functions/process-guard.ts';
      const { send } = guardProcess();
      const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
      other.once('exit', (code, signal) => send({ signal }, () => process.channel.unref()));
      process.kill(other.pid, 'SIGTERM');
    `);
    expect([messages, code]).toEqual([[{ signal: 'SIGTERM' }], 0]);
  });
});
