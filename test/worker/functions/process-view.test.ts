import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProcessView } from '../../../runtime/worker/functions/process-view.ts';
import { type Children, createChildren } from './child.ts';

let children: Children;

beforeAll(async () => {
  children = await createChildren();
});

afterAll(() => children.close());

describe('createProcessView()', () => {
  it('has the app’s environment and nothing of the host’s', () => {
    const env = { APP: 'yes' };
    const view = createProcessView(env);
    expect(view.env).toEqual({ APP: 'yes' });
    expect(view.env.PATH).toBeUndefined();
    view.env.MORE = '1';
    expect([view.env.MORE, process.env.MORE]).toEqual(['1', undefined]);
  });

  it('is a process otherwise', () => {
    const view = createProcessView({});
    expect(view).toBeInstanceOf(process.constructor);
    expect([view.pid, view.version, view.platform, view.cwd()]).toEqual([process.pid, process.version, process.platform, process.cwd()]);
    expect(view.memoryUsage().rss).toBeGreaterThan(0);
    expect(view.hrtime.bigint()).toBeGreaterThan(0n);
    expect(view.uptime()).toBeGreaterThan(0);
  });

  it('nextTick() and emitWarning() work', async () => {
    const view = createProcessView({});
    const order: string[] = [];
    await new Promise<void>((resolve) => {
      view.nextTick((name: string) => {
        order.push(name);
        resolve();
      }, 'tick');
    });
    expect(order).toEqual(['tick']);
    const warned = once(process, 'warning');
    view.emitWarning('careful');
    expect(String(await warned)).toContain('careful');
  });

  it('has listeners of its own: it neither hears nor unhooks those of the host', () => {
    const view = createProcessView({});
    const heard: string[] = [];
    const ofHost = (): void => void heard.push('host');
    process.on('SIGUSR2', ofHost);
    view.on('SIGUSR2', () => heard.push('function'));
    view.removeAllListeners('uncaughtException');
    view.removeAllListeners('SIGUSR2');
    view.once('SIGUSR2', () => heard.push('function'));
    expect([process.listeners('SIGUSR2').includes(ofHost), view.listenerCount('SIGUSR2')]).toEqual([true, 1]);
    process.emit('SIGUSR2', 'SIGUSR2');
    view.emit('SIGUSR2', 'SIGUSR2');
    process.off('SIGUSR2', ofHost);
    expect(heard).toEqual(['host', 'function']);
  });

  it('two views share no listeners', () => {
    const [one, two] = [createProcessView({}), createProcessView({})];
    one.on('exit', () => undefined);
    expect([one.listenerCount('exit'), two.listenerCount('exit')]).toEqual([1, 0]);
  });
});

describe('guardProcess()', () => {
  it('refuses all that would end or disturb the host, on the global process and on a view', async () => {
    const { messages, code, stderr } = await children.run(`
      import { createProcessView, guardProcess } from 'runtime/worker/functions/process-view.ts';
      const end = process.reallyExit.bind(process);
      const { send } = guardProcess();
      const tried = [];
      const attempt = (label, call) => {
        try { tried.push([label, 'answered', String(call())]); } catch (error) { tried.push([label, error.code, error.message]); }
      };
      for (const [label, target] of [['global', process], ['view', createProcessView({})]]) {
        for (const name of ['abort', 'reallyExit', 'send', 'disconnect', 'setUncaughtExceptionCaptureCallback', 'chdir']) {
          attempt(label + ' ' + name, () => target[name]());
        }
        for (const pid of [process.pid, process.ppid, 0, -1, String(process.pid)]) attempt(label + ' kill', () => target.kill(pid, 'SIGKILL'));
        attempt(label + ' kill', () => target.kill(process.pid));
        attempt(label + ' alive', () => target.kill(process.pid, 0));
        attempt(label + ' exit', () => target.exit(3));
      }
      send({ tried }, () => end(0));
    `);
    expect([code, stderr]).toEqual([0, '']);
    const [{ tried }] = messages as [{ tried: [string, string, string][] }];
    expect(tried).toHaveLength(28);
    const alive = tried.filter(([label]) => label.endsWith('alive'));
    expect(alive.map(([, outcome]) => outcome)).toEqual(['answered', 'answered']);
    const others = tried.filter(([label]) => !label.endsWith('alive'));
    expect(new Set(others.map(([, outcome]) => outcome))).toEqual(new Set(['PROCESS_REFUSED']));
    expect(others.find(([label]) => label === 'view exit')?.[2]).toContain('process.exit()');
  });

  it('refuses what kill() ends in as well, and lets it signal others', async () => {
    const { messages, code } = await children.run(`
      import { spawn } from 'node:child_process';
      import { createProcessView, guardProcess } from 'runtime/worker/functions/process-view.ts';
      const { send } = guardProcess();
      const tried = [];
      for (const target of [process, createProcessView({})]) {
        for (const [pid, signal] of [[process.pid, 9], [process.ppid, 15], [0, 9], [-1, 9], [-process.pid, 9], [String(process.pid), 9], [process.pid]]) {
          try { tried.push(target._kill(pid, signal)); } catch (error) { tried.push(error.code); }
        }
      }
      const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
      other.once('exit', (code, signal) => send({ tried, alive: process._kill(process.pid, 0), signal }, () => process.channel.unref()));
      process._kill(other.pid, 15);
    `);
    expect([messages, code]).toEqual([[{ tried: Array(14).fill('PROCESS_REFUSED'), alive: 0, signal: 'SIGTERM' }], 0]);
  });

  it('keeps the listeners that the worker needs through removeAllListeners(), and takes those of packages', async () => {
    const { messages, code } = await children.run(`
      import { guardProcess } from 'runtime/worker/functions/process-view.ts';
      for (const event of ['message', 'uncaughtException', 'unhandledRejection', 'mine']) process.on(event, () => {});
      const { send } = guardProcess();
      process.removeAllListeners('message');
      process.removeAllListeners();
      const left = ['message', 'uncaughtException', 'unhandledRejection', 'mine'].map((event) => process.listenerCount(event));
      send({ left }, () => process.channel.unref());
    `);
    expect([messages, code]).toEqual([[{ left: [1, 1, 1, 0] }], 0]);
  });

  it('lets the process signal others', async () => {
    const { messages, code } = await children.run(`
      import { spawn } from 'node:child_process';
      import { guardProcess } from 'runtime/worker/functions/process-view.ts';
      const { send } = guardProcess();
      const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
      other.once('exit', (code, signal) => send({ signal }, () => process.channel.unref()));
      process.kill(other.pid, 'SIGTERM');
    `);
    expect([messages, code]).toEqual([[{ signal: 'SIGTERM' }], 0]);
  });
});
