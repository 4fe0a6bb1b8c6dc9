import { echo, handshake } from '../scene.ts';
import type { Fault } from './fault.ts';

const stopped = { guilty: /^500 CPU_LIMIT_EXCEEDED$/, log: /ran for more than \d+ ms without a pause/ } as const;

/** Code that runs without a pause and that guards reach. */
export const loops: readonly Fault[] = [
  { id: 'while', fault: '`while (true) {}`', source: 'export default () => { while (true) {} };', ...stopped },
  { id: 'for', fault: '`for (;;);`, a loop without a body', source: 'export default () => { for (;;); };', ...stopped },
  { id: 'do', fault: '`do {} while (true)`', source: 'export default () => { do {} while (true); };', ...stopped },
  {
    id: 'labelled-continue',
    fault: 'a loop that always continues at its label',
    source: 'export default () => { outer: for (;;) { for (;;) { continue outer; } } };',
    ...stopped,
  },
  {
    id: 'endless-generator',
    fault: '`for…of` over a generator that never ends',
    source:
      'function* numbers() { for (let n = 0; ; n++) yield n; }\nexport default () => { let sum = 0; for (const n of numbers()) sum += n; return sum; };',
    ...stopped,
  },
  {
    id: 'endless-spread',
    fault: 'an object whose `Symbol.iterator` never ends, in a spread',
    source: 'export default () => Math.max(...{ [Symbol.iterator]: () => ({ next: () => ({ done: false, value: {} }) }) } as any);',
    ...stopped,
    guilty: /^500 (CPU|MEMORY)_LIMIT_EXCEEDED$/,
    log: /without a pause|running out of memory/,
  },
  {
    id: 'set-grows',
    fault: '`for…of` over a `Set` that gains an entry for each one visited',
    source: 'export default () => { const set = new Set([1]); for (const one of set) { set.delete(one); set.add(one); } };',
    ...stopped,
  },
  {
    id: 'foreach-grows',
    fault: 'the same with `forEach()`',
    source: 'export default () => { const set = new Set([1]); set.forEach((one) => { set.delete(one); set.add(one); }); };',
    ...stopped,
  },
  {
    id: 'exponential-recursion',
    fault: 'exponential recursion: `fib(60)`',
    source: 'const fib = (n: number): number => (n < 2 ? n : fib(n - 1) + fib(n - 2));\nexport default () => fib(60);',
    ...stopped,
  },
  {
    id: 'endless-recursion',
    fault: 'endless recursion',
    source: 'const down = (): number => 1 + down();\nexport default () => down();',
    guilty: /^500 Internal Server Error$/,
    log: /Maximum call stack size exceeded/,
  },
  {
    id: 'setter-recursion',
    fault: 'two setters that call each other',
    source: 'const pair = { set a(v: number) { this.b = v; }, set b(v: number) { this.a = v; } };\nexport default () => { pair.a = 1; };',
    guilty: /^500 Internal Server Error$/,
    log: /Maximum call stack size exceeded/,
  },
  {
    id: 'catch-all-loop',
    fault: 'a loop that catches everything and continues',
    source: 'export default () => { while (true) { try { while (true) {} } catch {} } };',
    ...stopped,
  },
  {
    id: 'loop-in-finally',
    fault: 'a loop in `finally` after a loop in `try`',
    source: 'export default () => { try { for (;;) {} } finally { for (;;) {} } };',
    ...stopped,
  },
  {
    id: 'loop-after-await',
    fault: 'a loop after an `await`',
    source: 'export default async () => { await null; for (;;); };',
    ...stopped,
  },
  {
    id: 'loop-in-getter',
    fault: 'a getter of the returned object that never returns',
    source: 'export default () => ({ get x() { for (;;) {} } });',
    ...stopped,
  },
  {
    id: 'loop-in-tojson',
    fault: '`toJSON()` of the returned object never returns',
    source: 'export default () => ({ toJSON() { for (;;) {} } });',
    ...stopped,
  },
  {
    id: 'loop-in-proxy',
    fault: 'the function returns a proxy whose traps never return',
    source: 'export default () => new Proxy({}, { ownKeys() { for (;;) {} }, get() { for (;;) {} } });',
    ...stopped,
  },
  {
    id: 'loop-in-then',
    fault: 'the function returns a thenable whose `then()` never returns',
    source: 'export default () => ({ then() { for (;;) {} } });',
    ...stopped,
  },
  {
    id: 'loop-in-tostring',
    fault: '`toString()` of a logged value never returns',
    source: "export default () => { console.log('' + { toString() { for (;;) {} } }); };",
    ...stopped,
  },
  {
    id: 'loop-in-inspect',
    fault: '`util.inspect.custom` of a logged value never returns',
    source:
      "import { inspect } from 'node:util';\nexport default () => { console.log({ [inspect.custom]() { for (;;) {} } }); return 'logged'; };",
    guilty: /^(500 CPU_LIMIT_EXCEEDED|200 logged)$/,
  },
  {
    id: 'loop-in-stack',
    fault: '`Error.prepareStackTrace` never returns',
    source:
      "export default () => {\n  Error.prepareStackTrace = () => { for (;;) {} };\n  try { return new Error('x').stack; } finally { Error.prepareStackTrace = undefined; }\n};",
    guilty: /^(500 CPU_LIMIT_EXCEEDED|200.*)$/,
  },
  {
    id: 'endless-comparator',
    fault: 'a `sort()` comparator that never returns',
    source: 'export default () => [3, 2, 1].sort(() => { for (;;) {} });',
    ...stopped,
  },
  {
    id: 'slow-comparator',
    fault: '`sort()` of two million numbers with a comparator',
    source: 'export default () => Array.from({ length: 2e6 }, () => Math.random()).sort((a, b) => a - b).length;',
    ...stopped,
  },
  {
    id: 'loop-in-timer',
    fault: 'a loop in a timer',
    source: "export default () => { setTimeout(() => { for (;;); }); return 'started'; };",
    ...stopped,
    guilty: /^200 started$/,
  },
  {
    id: 'loop-in-event',
    fault: 'a loop in the handler of a WebSocket message',
    source: 'export default () => { for (;;); };',
    provoke: async (scene) => {
      const socket = await scene.message();
      const answer = await echo(socket);
      socket.close();
      return answer;
    },
    ...stopped,
    guilty: /^echo: still there\?$/,
  },
  {
    id: 'loop-in-upgrade',
    fault: 'a loop in `upgrade()`',
    provoke: (scene) => scene.call('/?loop', { headers: handshake }),
    ...stopped,
    guilty: /^500 CPU_LIMIT_EXCEEDED$/,
  },
];
