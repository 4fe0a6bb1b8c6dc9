import type { Fault } from './fault.ts';

const fatal = { guilty: /^cut off: (ECONNRESET|EPIPE)$/, others: 'takeover', log: /event loop was blocked/ } as const;

/** Code that no guard reaches: Node's own, regular expressions, and code that was made from text. */
export const native: readonly Fault[] = [
  {
    id: 'regex',
    fault: 'a regular expression that backtracks for ever: `/^(a+)+$/`',
    source: "export default () => String(/^(a+)+$/.test('a'.repeat(50) + '!'));",
    guilty: /^200 false$/,
  },
  {
    id: 'regex-backreference',
    fault: 'the same with a back-reference, which the linear engine cannot run: `/^(a+)+\\1$/`',
    source: "export default () => {\n  const text = 'a'.repeat(60);\n  return /^(a+)+\\1$/.test(text + '!');\n};",
    ...fatal,
    blame: { line: 3, quarantined: true },
  },
  {
    id: 'regex-replace',
    fault: 'the same in `replace()` after an `await`',
    source: "export default async () => {\n  await null;\n  return ('a'.repeat(60) + '!').replace(/^(a+)+\\1$/, '');\n};",
    ...fatal,
    blame: { line: 3, quarantined: true },
  },
  {
    id: 'eval',
    fault: "`eval('for (;;);')`",
    source: "export default () => {\n  return eval('for (;;);');\n};",
    ...fatal,
    blame: { line: 2, quarantined: true },
  },
  {
    id: 'new-function',
    fault: "`new Function('for (;;);')()` after an `await`",
    source: "export default async () => {\n  await null;\n  new Function('for (;;);')();\n};",
    ...fatal,
    blame: { line: 3, quarantined: true },
  },
  {
    id: 'loop-in-import',
    fault: '`import()` of a module whose top level never ends',
    source: "export default async () => {\n  await null;\n  return (await import('data:text/javascript,await 1;for(;;);')).default;\n};",
    ...fatal,
    blame: { quarantined: true },
  },
  {
    id: 'pbkdf2',
    fault: '`pbkdf2Sync()` with a billion rounds',
    source: "import { pbkdf2Sync } from 'node:crypto';\nexport default () => pbkdf2Sync('a', 'b', 1e9, 64, 'sha512');",
    ...fatal,
    blame: { quarantined: true },
  },
  {
    id: 'pbkdf2-after-await',
    fault: 'the same after an `await`',
    source:
      "import { pbkdf2Sync } from 'node:crypto';\nexport default async () => {\n  await new Promise((resolve) => setTimeout(resolve, 20));\n  return pbkdf2Sync('a', 'b', 1e9, 64, 'sha512');\n};",
    ...fatal,
    blame: { quarantined: true },
  },
  {
    id: 'bigint',
    fault: 'a `BigInt` power that takes minutes',
    source: 'export default () => String(3n ** (3n ** 16n)).length;',
    ...fatal,
    blame: { quarantined: true },
  },
  {
    id: 'sparse-search',
    fault: '`indexOf()` in an object that claims a length of 2^53',
    source: 'export default () => Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1);',
    ...fatal,
    blame: { quarantined: true },
  },
  {
    id: 'read-pipe',
    fault: '`readFileSync()` of a pipe that nobody writes to',
    source: [
      "import { execSync } from 'node:child_process';",
      "import { mkdtempSync, readFileSync } from 'node:fs';",
      'export default () => {',
      "  const pipe = mkdtempSync('/tmp/hearth-test-pipe-') + '/pipe';",
      "  execSync('mkfifo ' + pipe);",
      '  return readFileSync(pipe);',
      '};',
    ].join('\n'),
    ...fatal,
    blame: { quarantined: true },
  },
  {
    id: 'native-in-timer',
    fault: 'endless native code in a timer',
    source:
      "import { pbkdf2Sync } from 'node:crypto';\nexport default () => {\n  setTimeout(() => pbkdf2Sync('a', 'b', 1e9, 64, 'sha512'), 20);\n  return 'started';\n};",
    ...fatal,
    guilty: /^200 started$/,
    provoke: async (scene) => {
      const pid = await scene.host.workerPid();
      const seen = await scene.call();
      await scene.untilReplaced(pid);
      return seen;
    },
    blame: { quarantined: true },
  },
  {
    id: 'atomics-wait',
    fault: '`Atomics.wait()` for a wake-up that never comes',
    source: 'export default () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);',
    guilty: /^500 CPU_LIMIT_EXCEEDED$/,
    log: /without a pause/,
  },
  {
    id: 'exec-sync',
    fault: "`execSync('sleep 100')`",
    source: "import { execSync } from 'node:child_process';\nexport default () => execSync('sleep 100');",
    guilty: /^500 Internal Server Error$/,
    log: /ETIMEDOUT/,
  },
  {
    id: 'json-deep',
    fault: 'a returned object nested a hundred thousand levels deep',
    source: "export default () => JSON.parse('['.repeat(1e5) + ']'.repeat(1e5));",
    guilty: /^500 Internal Server Error$/,
    log: /Maximum call stack size exceeded/,
  },
  {
    id: 'json-exponential',
    fault: 'a returned value of 30 objects whose JSON has a billion: it does not fit in a string',
    source:
      'export default () => {\n  let tree: object = {};\n  for (let i = 0; i < 30; i++) tree = { a: tree, b: tree };\n  return tree;\n};',
    guilty: /^500 Internal Server Error$|^cut off: ECONNRESET$/,
    others: 'takeover',
    log: /event loop was blocked|memory/,
    blame: { quarantined: true },
  },
];
