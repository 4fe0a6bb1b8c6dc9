import type { Fault } from './fault.ts';

const stopped = { guilty: /^500 CPU_LIMIT_EXCEEDED$/, log: /ran for more than \d+ ms without a pause/ } as const;
const short = { FUNCTION_TIMEOUT_MS: '1000' };

/** Code that never blocks for long at a time and yet leaves nothing to others, and code that is never done. */
export const storms: readonly Fault[] = [
  {
    id: 'microtask-storm',
    fault: 'an endless chain of promises, each making the next',
    source: 'export default () => { const next = (): any => Promise.resolve().then(next); return next(); };',
    ...stopped,
  },
  {
    id: 'await-storm',
    fault: '`for (;;) await null`',
    source: 'export default async () => { for (;;) await null; };',
    ...stopped,
  },
  {
    id: 'microtask-storm-unanswered',
    fault: '`queueMicrotask()` that queues itself after the function has responded',
    source: "export default () => { const next = () => queueMicrotask(next); next(); return 'started'; };",
    ...stopped,
    guilty: /^200 started$/,
  },
  {
    id: 'tick-storm',
    fault: '`process.nextTick()` that calls itself',
    env: short,
    source: 'export default () => new Promise(() => { const next = () => process.nextTick(next); next(); });',
    guilty: /^504 FUNCTION_TIMEOUT$/,
    log: /without a pause/,
  },
  {
    id: 'immediate-storm',
    fault: '`setImmediate()` that calls itself',
    env: short,
    source: 'export default () => new Promise(() => { const next = () => setImmediate(next); next(); });',
    guilty: /^504 FUNCTION_TIMEOUT$/,
    log: /did not answer within/,
  },
  {
    id: 'timer-storm',
    fault: 'a thousand timers that restart themselves',
    source: "export default () => { for (let i = 0; i < 1000; i++) { const next = () => setTimeout(next); next(); } return 'started'; };",
    guilty: /^200 started$/,
  },
  {
    id: 'million-timers',
    fault: 'a million timers',
    source: 'export default () => { for (let i = 0; i < 1e6; i++) setTimeout(() => {}, 1e6); };',
    guilty: /^500 (Internal Server Error|CPU_LIMIT_EXCEEDED)$/,
    log: /has 100000 timers waiting|without a pause/,
  },
  {
    id: 'never-settles',
    fault: 'a promise that never settles',
    env: short,
    source: 'export default () => new Promise(() => {});',
    guilty: /^504 FUNCTION_TIMEOUT$/,
    log: /did not answer within/,
  },
  {
    id: 'never-ends-response',
    fault: 'a response that is started and never finished: the client decides how long to wait',
    env: short,
    source: "export default (ctx: any) => { ctx.response.write('begun'); };",
    provoke: async (scene) => {
      const url = `${scene.host.url}/${scene.name}`;
      const text = await fetch(url, { signal: AbortSignal.timeout(1500) })
        .then(
          (response) => response.text(),
          () => 'nothing',
        )
        .catch(() => 'given up by the client');
      return text;
    },
    guilty: /^given up by the client$/,
  },
  {
    id: 'concurrency-flood',
    fault: '60 calls at once of a function that hangs, with 20 allowed to run and 20 to wait',
    env: { ...short, FUNCTION_CONCURRENCY: '20', FUNCTION_QUEUE_LIMIT: '20' },
    source: 'export default () => new Promise(() => {});',
    provoke: (scene) => scene.callMany(60),
    guilty: /^20 × 503 FUNCTION_BUSY, 40 × 504 FUNCTION_TIMEOUT$/,
    log: /too many calls running/,
  },
  {
    id: 'log-flood',
    fault: 'an endless loop that logs (limit 500 lines a second)',
    env: { LOG_LINES_PER_SECOND: '500' },
    source: "export default () => { for (let i = 0; ; i++) console.log('line', i); };",
    guilty: /^500 CPU_LIMIT_EXCEEDED$/,
    log: /log lines were dropped/,
  },
  {
    id: 'giant-log-line',
    fault: 'a log line of 50 MB',
    source: "export default () => { console.log('x'.repeat(5e7)); return 'logged'; };",
    guilty: /^200 logged$/,
    log: /xxxx/,
  },
  {
    id: 'log-circular',
    fault: 'an object that contains itself, logged',
    source: "export default () => { const a: any = { list: [] }; a.list.push(a); console.log(a); return 'logged'; };",
    guilty: /^200 logged$/,
    log: /Circular/,
  },
  {
    id: 'log-huge',
    fault: 'an object with a million properties, logged',
    source:
      "export default () => { const big: any = {}; for (let i = 0; i < 1e6; i++) big['k' + i] = { i }; console.log(big); return 'logged'; };",
    guilty: /^(200 logged|500 CPU_LIMIT_EXCEEDED)$/,
  },
  {
    id: 'log-throws',
    fault: 'an object whose every property throws, logged',
    source:
      "export default () => { console.log(new Proxy({}, { get() { throw new Error('no'); }, ownKeys() { throw new Error('no'); } }), { get x() { throw 1; } }); return 'logged'; };",
    guilty: /^(200 logged|500 Internal Server Error)$/,
  },
];
