import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Children, createChildren } from './child.ts';

let children: Children;

beforeAll(async () => {
  children = await createChildren();
});

afterAll(() => children.close());

/** What the expressions answer, or the codes of what they throw, in a process whose blocking calls are bound to `limit`. */
async function bound(limit: number, expressions: readonly string[]): Promise<unknown> {
  const { messages, stderr } = await children.run(`
    import childProcess, { execFileSync, execSync, spawnSync } from 'node:child_process';
    import { boundBlockingCalls } from 'runtime/worker/functions/blocking.ts';
    boundBlockingCalls(${limit});
    const numbers = new Int32Array(new SharedArrayBuffer(8));
    const node = process.execPath;
    const forever = ['-e', 'setInterval(() => {}, 1000)'];
    // They answer their text without the line end.
    const text = (value) => String(value).trimEnd();
    const attempt = (call) => { try { return call(); } catch (error) { return error.details ? [error.code, error.details.limit] : error.code; } };
    const answers = [${expressions.map((expression) => `attempt(() => ${expression})`).join(',\n')}];
    process.send(answers, () => process.disconnect());
  `);
  expect(stderr).toBe('');
  return messages[0];
}

describe('Atomics.wait()', () => {
  it('throws when it has waited for as long as code may run', async () => {
    const over = ['CPU_LIMIT_EXCEEDED', 20];
    const expressions = ['', ', undefined', ', Infinity', ', NaN', ', 21', ", '60000'"].map((more) => `Atomics.wait(numbers, 0, 0${more})`);
    expect(await bound(20, expressions)).toEqual(expressions.map(() => over));
  });

  it('answers what it does without a limit for a shorter wait and for another value', async () => {
    const expressions = ['Atomics.wait(numbers, 0, 0, 1)', 'Atomics.wait(numbers, 0, 0, -1)', 'Atomics.wait(numbers, 0, 0, 20)'];
    expect(await bound(20, [...expressions, 'Atomics.wait(numbers, 1, 5)'])).toEqual(['timed-out', 'timed-out', 'timed-out', 'not-equal']);
  });

  it('answers that another thread has woken it', async () => {
    const wake = `{
      const { Worker } = process.getBuiltinModule('worker_threads');
      const code = "const { workerData: numbers } = require('worker_threads'); for (;;) if (Atomics.notify(numbers, 0) > 0) break;";
      new Worker(code, { eval: true, workerData: numbers });
      return Atomics.wait(numbers, 0, 0);
    }`;
    expect(await bound(20_000, [`(() => ${wake})()`])).toEqual(['ok']);
  });

  it('throws what it does without a limit for a wrong argument', async () => {
    expect(await bound(20, ["(() => { try { Atomics.wait('x', 0, 0) } catch (error) { return error.name } })()"])).toEqual(['TypeError']);
  });
});

describe('programs', () => {
  it('that run for longer are ended', async () => {
    const expressions = [
      "spawnSync(node, forever).error.code + ' ' + spawnSync(node, forever).signal",
      'execFileSync(node, forever)',
      "execSync('sleep 100')",
      'childProcess.execFileSync(node, forever, { timeout: 0 })',
      'childProcess.execFileSync(node, forever, { timeout: 60_000 })',
      'childProcess.execFileSync(node, forever, { timeout: undefined })',
    ];
    expect(await bound(50, expressions)).toEqual(['ETIMEDOUT SIGKILL', ...Array(5).fill('ETIMEDOUT')]);
  });

  it('that end in time run as without a limit, with and without arguments and options', async () => {
    const expressions = [
      "text(execSync('echo 1'))",
      "text(execSync('echo $N', { env: { ...process.env, N: '2' } }))",
      "execSync('echo 3', { encoding: 'utf8' })",
      "text(execFileSync('true'))",
      "text(execFileSync('echo', ['4']))",
      "text(execFileSync('cat', { input: '5' }))",
      "execFileSync('cat', ['-'], { input: '6', encoding: 'utf8' })",
      "text(spawnSync('echo', ['7']).stdout)",
      "text(spawnSync('cat', { input: '8' }).stdout)",
      "spawnSync('cat', ['-'], { input: '9', encoding: 'utf8' }).stdout",
      "text(spawnSync('echo', undefined, undefined).stdout)",
      "text(spawnSync('echo', null, { env: process.env }).stdout)",
      "text(execSync('echo 10', undefined))",
    ];
    const answers = ['1', '2', '3\n', '', '4', '5', '6', '7', '8', '9', '', '', '10'];
    expect(await bound(60_000, expressions)).toEqual(answers);
  });

  it('that end in time keep the timeout that they were given', async () => {
    expect(await bound(60_000, ['spawnSync(node, forever, { timeout: 50 }).error.code'])).toEqual(['ETIMEDOUT']);
  });

  it('leave the options of their caller as they are', async () => {
    const expression = "(() => { const options = { input: 'x' }; execFileSync('cat', options); return Object.keys(options); })()";
    expect(await bound(60_000, [expression])).toEqual([['input']]);
  });
});

it('a limit of 0 changes nothing', async () => {
  const { messages } = await children.run(`
    import childProcess from 'node:child_process';
    import { boundBlockingCalls } from 'runtime/worker/functions/blocking.ts';
    const calls = () => [Atomics.wait, childProcess.execSync, childProcess.execFileSync, childProcess.spawnSync];
    const before = calls();
    boundBlockingCalls(0);
    const same = calls().map((call, at) => call === before[at]);
    boundBlockingCalls(20);
    process.send([same, calls().map((call, at) => call === before[at])], () => process.disconnect());
  `);
  expect(messages[0]).toEqual([
    [true, true, true, true],
    [false, false, false, false],
  ]);
});
