import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Children, createChildren } from './child.ts';

let children: Children;

beforeAll(async () => {
  children = await createChildren();
});

afterAll(() => children.close());

/** A process with listeners of the host, where `said` collects what happens, and `load()` runs code as a function's. */
const begin = `
  import { compileFunction } from 'node:vm';
  import { Attribution } from 'runtime/kernel/calls/attribution.ts';
  import { Calls } from 'runtime/kernel/calls/calls.ts';
  import { EndedCall } from 'runtime/kernel/calls/current-call.ts';
  import { Lifetime } from 'runtime/kernel/calls/lifetime.ts';
  import { guardProcess } from 'runtime/worker/functions/process-guard.ts';
  import { ProcessEvents } from 'runtime/worker/functions/process-events.ts';
  const said = [];
  const ofHost = () => said.push('host');
  for (const event of ['message', 'SIGTERM', 'uncaughtException', 'unhandledRejection']) process.on(event, ofHost);
  const { send } = guardProcess();
  const counters = { requestsActive: 0, requestsQueued: 0, refused: 0, timeouts: 0 };
  const calls = new Calls({ attribution: new Attribution(), counters, log: () => {}, logThrown: () => {} });
  const failed = (thrown, event, by) => said.push(['failed', String(thrown?.message ?? thrown), event, by?.function, by?.revision]);
  const events = new ProcessEvents({ calls, failed });
  events.install();
  const load = (file, code) => { events.adopt(file); compileFunction(code, ['say'], { filename: file })((text) => said.push(text)); };
  const finish = (value) => send({ value }, () => process.channel.unref());
`;

async function run(body: string): Promise<unknown> {
  const { messages, stderr, code } = await children.run(`${begin}\n(async () => {${body}})();`);
  expect([stderr, code]).toEqual(['', 0]);
  const [message] = messages;
  return Reflect.get(Object(message), 'value');
}

describe('process.on() and its kin', () => {
  it.each<[string, string, unknown]>([
    [
      'on() and off()',
      "const l = () => said.push('heard'); process.on('SIGTERM', l); process.emit('SIGTERM'); process.off('SIGTERM', l); process.emit('SIGTERM');",
      ['heard'],
    ],
    [
      'once()',
      "process.once('SIGTERM', (...args) => said.push(args)); process.emit('SIGTERM', 'SIGTERM', 15); process.emit('SIGTERM');",
      [['SIGTERM', 15]],
    ],
    [
      'once() and removeListener()',
      "const l = () => said.push('heard'); process.once('exit', l); process.removeListener('exit', l); process.emit('exit', 0);",
      [],
    ],
    [
      'prependListener()',
      "process.on('exit', () => said.push(2)); process.prependListener('exit', () => said.push(1)); process.prependOnceListener('exit', () => said.push(0)); process.emit('exit', 0); process.emit('exit', 0);",
      [0, 1, 2, 1, 2],
    ],
    ['this', "process.on('beforeExit', function () { said.push(this === process); }); process.emit('beforeExit');", [true]],
    [
      'events of its own',
      "process.on('mine', (text) => said.push(text)); said.push(process.emit('mine', 'told'), process.emit('yours'));",
      ['told', true, false],
    ],
    [
      'signals of others',
      "process.on('SIGUSR2', (signal) => said.push(signal)); process.kill(process.pid, 0); process.emit('SIGUSR2', 'SIGUSR2');",
      ['SIGUSR2'],
    ],
    ['chains', "said.push(process.on('mine', () => {}) === process, process.removeAllListeners('mine') === process);", [true, true]],
    [
      'what is no listener',
      "try { process.on('SIGTERM', 'no'); } catch (error) { said.push(error.code); } try { process.once('mine'); } catch (error) { said.push(error.code); }",
      ['ERR_INVALID_ARG_TYPE', 'ERR_INVALID_ARG_TYPE'],
    ],
  ])('work as in Node: %s', async (_, body, expected) => {
    expect(await run(`${body} finish(said);`)).toEqual(expected);
  });

  it('show what functions have added, and nothing of the host', async () => {
    const body = `
      const [a, b] = [() => {}, () => {}];
      process.on('SIGTERM', a); process.once('SIGTERM', b); process.on('uncaughtException', a);
      const [rawA, rawB] = process.rawListeners('SIGTERM');
      finish([
        process.listeners('SIGTERM').map((l) => l === a || l === b), rawA === a, rawB !== b && rawB.listener === b,
        process.listenerCount('SIGTERM'), process.listenerCount('SIGTERM', a), process.listeners('uncaughtException').length, process.listenerCount('unhandledRejection'),
        process.eventNames().filter((name) => ['SIGTERM', 'uncaughtException', 'unhandledRejection', 'message'].includes(name)).toSorted(),
      ]);`;
    expect(await run(body)).toEqual([[true, true], true, true, 2, 1, 1, 0, ['SIGTERM', 'uncaughtException']]);
  });

  it.each([
    'process.removeAllListeners();',
    "for (const event of ['message', 'SIGTERM', 'uncaughtException', 'unhandledRejection']) process.removeAllListeners(event);",
    "for (const event of ['message', 'SIGTERM', 'uncaughtException']) for (const l of process.listeners(event)) process.off(event, l);",
  ])('cannot unhook the host: %s', async (body) => {
    const check = `
      ${body}
      process.on('message', () => said.push('not for functions'));
      process.emit('message', {}); process.emit('SIGTERM'); process.emit('uncaughtException', new Error('x')); process.emit('unhandledRejection', 1, Promise.resolve());
      finish([said, process.listenerCount('message')]);`;
    // What the host hears of a signal comes from the system, not from emit().
    expect(await run(check)).toEqual([['host', 'host', 'host'], 1]);
  });
});

describe('listeners', () => {
  it('of a replaced revision are removed, and those of the next one and of packages stay', async () => {
    const body = `
      const on = "for (const event of ['SIGTERM', 'mine']) process.on(event, () => say(NAME)); globalThis.process.once('exit', () => say(NAME));";
      load('hearth:a@1#1', on.replaceAll('NAME', "'a1'"));
      load('/packages/p/index.js', on.replaceAll('NAME', "'package'"));
      load('hearth:a@2#2', on.replaceAll('NAME', "'a2'"));
      events.release('hearth:a@1#1');
      for (const event of ['SIGTERM', 'mine', 'exit']) process.emit(event);
      finish(said);`;
    expect(await run(body)).toEqual(['package', 'a2', 'package', 'a2', 'package', 'a2']);
  });

  it('that a call has added stay as long as what it has started, and those that an old revision adds outside of any are not added', async () => {
    const body = `
      const lifetime = new Lifetime();
      const call = new EndedCall({ name: 'a', revision: 1 }, { requestId: 'r' }, lifetime);
      calls.within(call, () => load('hearth:a@1#1', "process.on('SIGTERM', () => say('in flight'));"), undefined);
      events.release('hearth:a@1#1');
      process.emit('SIGTERM');
      lifetime.end();
      process.emit('SIGTERM');
      compileFunction("process.on('SIGTERM', () => say('too late'));", ['say'], { filename: 'hearth:a@1#1' })((text) => said.push(text));
      process.emit('SIGTERM');
      finish(said);`;
    expect(await run(body)).toEqual(['in flight']);
  });

  it.each<[string, string, unknown]>([
    [
      'SIGTERM that throws',
      "process.on('SIGTERM', () => { throw new Error('thrown'); });",
      [['failed', 'thrown', 'SIGTERM', 'a', 3], 'next'],
    ],
    ['SIGTERM that throws no error', "process.on('SIGTERM', () => { throw 'text'; });", [['failed', 'text', 'SIGTERM', 'a', 3], 'next']],
    ['SIGTERM that exits', "process.once('SIGTERM', () => { process.exit(0); });", ['next']],
  ])('for %s do not keep others from theirs, and are named', async (_, code, expected) => {
    const body = `
      load('hearth:a@3#1', ${JSON.stringify(code)});
      load('hearth:b@1#2', "process.on('SIGTERM', () => say('next'));");
      await events.terminate(1_000);
      finish(said);`;
    expect(await run(body)).toEqual(expected);
  });

  it('hear SIGTERM, beforeExit and exit as Node calls them, and SIGINT where a file listens to that alone', async () => {
    const body = `
      const every = "for (const event of ['SIGINT', 'SIGTERM', 'beforeExit', 'exit']) process.on(event, (...args) => say([NAME, ...args]));";
      load('hearth:a@1#1', every.replace('NAME', "'a'"));
      load('hearth:b@1#2', "process.on('SIGINT', (...args) => say(['b', ...args])); process.on('exit', () => setTimeout(() => say('never'), 0));");
      await events.terminate(1_000);
      await events.beforeExit(1_000);
      events.exit();
      finish([said, events.ending]);`;
    expect(await run(body)).toEqual([
      [
        ['a', 'SIGTERM', 15],
        ['b', 'SIGINT', 2],
        ['a', 0],
        ['a', 0],
      ],
      true,
    ]);
  });

  it('that listen for stray errors may throw, and the process lives', async () => {
    const body = `
      process.on('uncaughtException', () => { throw new Error('again'); });
      process.once('unhandledRejection', () => { throw new Error('again'); });
      setTimeout(() => { throw new Error('stray'); });
      void Promise.reject(new Error('stray'));
      setTimeout(() => finish(said), 50);`;
    expect(await run(body)).toEqual(['host', 'host']);
  });
});
