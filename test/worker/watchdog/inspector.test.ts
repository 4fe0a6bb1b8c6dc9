import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MainThreadInspector } from '../../../runtime/worker/watchdog/inspector.ts';
import { type Beside, createBeside } from './beside.ts';

const mark = { function: 'lib/x', revision: 3 };
const place = (line: number): unknown => ({ ...mark, line, column: expect.any(Number) });

let threads: Beside;

beforeAll(async () => {
  threads = await createBeside();
});

afterAll(() => threads.close());

/** Says that the main thread has begun, from inside the code that then hangs. */
const begin = 'Atomics.store(shared, 4, 1), Atomics.notify(shared, 4)';

/** The stack that is read once the main thread has begun. */
function stackOf(main: string): Promise<unknown> {
  return threads.run(
    main,
    "const inspector = new MainThreadInspector(true); parentPort.postMessage('ready'); begun(); answer(await inspector.stop());",
  );
}

/** The same while this code hangs in the function `lib/x`, which was called by other code of it. */
function hanging(code: string): Promise<unknown> {
  const hang = JSON.stringify(code.replace('begin', begin));
  return stackOf(`compile('\\n\\n\\n\\nhang(shared);', ['hang', 'shared'])(compile(${hang}, ['shared']), shared);`);
}

it.each([
  ['a loop', 2, 'const n = 1;\nfor (begin; ; ) n;'],
  ['a callback of Node', 3, '\n[2, 1].sort(() => {\nfor (begin; ; );\n});'],
  ['a regular expression that backtracks without end', 3, "\n\nbegin, /^(a+)+\\1$/.test('a'.repeat(80) + 'b');"],
  ['a wait for another thread', 4, '\n\n\nbegin, Atomics.wait(shared, 2, 0);'],
])('stop() reads the stack inside %s, innermost place first and without the host’s own', async (name, line, code) => {
  const callers = name === 'a callback of Node' ? [place(2), place(5)] : [place(5)];
  expect(await hanging(code)).toEqual({ frames: [place(line), ...callers] });
});

it('stop() says where code of others hangs that a function has called', async () => {
  const main = `
    const url = '/app/node_modules/slow/index.js';
    compile('\\n\\nslow(shared);', ['slow', 'shared'])(compile('\\nfor (${begin}; ; );', ['shared'], url), shared);
  `;
  expect(await stackOf(main)).toEqual({ frames: [place(3)], where: '/app/node_modules/slow/index.js:2' });
});

it('stop() answers an empty stack for a thread that waits for a program', async () => {
  const pipe = JSON.stringify(join(threads.dir, 'pipe'));
  expect(spawnSync('mkfifo', [join(threads.dir, 'pipe')]).status).toBe(0);
  const beside = `
    const inspector = new MainThreadInspector(true);
    parentPort.postMessage('ready');
    // Opens once the program reads at the other end, which it does until this process has ended.
    for (let end; end === undefined; ) {
      try { end = openSync(${pipe}, constants.O_WRONLY | constants.O_NONBLOCK); } catch { await new Promise(setImmediate); }
    }
    answer(await inspector.stop());
  `;
  expect(await threads.run(`compile('run("cat", [pipe])', ['run', 'pipe'])(execFileSync, ${pipe});`, beside)).toEqual({ frames: [] });
});

it('answers nothing of a thread that is not to be inspected', async () => {
  const inspector = new MainThreadInspector(false);
  inspector.startSampling();
  expect([await inspector.suspects(), await inspector.stop()]).toEqual([[], { frames: [] }]);
});

it('suspects() names the functions that hold memory, those with the most first, also for what others allocate for them', async () => {
  const main = `
    const keep = [];
    const code = 'const all = []; for (let n = 0; n < 3e5; n += 1) all.push({ n }); return all;';
    const make = compile(code, [], '/app/node_modules/list/index.js');
    const small = compile('return Array.from({ length: 5e4 }, (_, n) => ({ n }));', [], 'hearth:small@1#2');
    const large = compile('return make();', ['make']);
    thread.once('message', () => {
      keep.push(small(), large(make));
      ${begin};
      setInterval(() => keep, 1000);
    });
    thread.postMessage('listening');
  `;
  const beside = `
    const inspector = new MainThreadInspector(true);
    parentPort.postMessage('ready');
    parentPort.once('message', async () => {
      const before = await inspector.suspects();
      inspector.startSampling();
      // Answered once the sampling has begun.
      await inspector.suspects();
      parentPort.postMessage('allocate');
      begun();
      answer({ before, suspects: await inspector.suspects() });
    });
  `;
  const small = { function: 'small', revision: 1 };
  const sized = (one: object): unknown => ({ ...one, bytes: expect.any(Number) });
  expect(await threads.run(main, beside)).toEqual({ before: [], suspects: [sized(mark), sized(small)] });
});
