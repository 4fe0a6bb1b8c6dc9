import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestHost } from './host.ts';

interface Line {
  readonly level: string;
  readonly message: string;
  readonly function?: string;
  readonly revision?: number;
  readonly requestId?: string;
  readonly line?: number;
  readonly stack?: string;
}

let host: TestHost;

beforeAll(async () => {
  host = await TestHost.start();
});

afterAll(() => host[Symbol.asyncDispose]());

async function logsOf(name: string): Promise<Line[]> {
  return (await host.api('GET', `/v1/logs?function=${name}&limit=1000`)).json.logs;
}

/** The first line of the function whose message matches; waits for it. */
async function logged(name: string, message: RegExp): Promise<Line> {
  let found: Line | undefined;
  await expect.poll(async () => (found = (await logsOf(name)).find((line) => message.test(line.message)))).toBeDefined();
  if (!found) throw new Error('polled until defined');
  return found;
}

describe('log lines', () => {
  it('carry function, revision, request and the line in the source', async () => {
    await host.publish('says', '// first\nexport default () => {};');
    const revision = await host.publish(
      'says',
      "interface Erased { a: string }\n\ntype Other = Erased;\nexport default async (ctx: FunctionContext) => {\n  const x: Other = { a: 'b' };\n  await null;\n  console.log('said', x);\n};",
    );
    await host.call('/says', { headers: { 'x-request-id': 'said-1' } });
    expect(await logged('says', /^said/)).toMatchObject({
      level: 'info',
      message: "said { a: 'b' }",
      function: 'says',
      revision,
      requestId: 'said-1',
      line: 7,
    });
    expect((await host.api('GET', '/v1/logs?requestId=said-1')).json.logs).toHaveLength(1);
  });

  it('of a module that another function imports name that module, and its line', async () => {
    await host.publish('lib/talk', '\n\nexport const talk = () => console.warn("talked");');
    await host.publish('talks', "import { talk } from '@/lib/talk';\nexport default () => talk();");
    await host.call('/talks', { headers: { 'x-request-id': 'talk-1' } });
    expect(await logged('lib%2Ftalk', /talked/)).toMatchObject({ level: 'warn', function: 'lib/talk', line: 3, requestId: 'talk-1' });
  });

  it("all of console's methods are there", async () => {
    const source = [
      'export default () => {',
      "  console.table([{ a: 1, b: 'x' }]);",
      '  console.dir({ deep: { a: { b: { c: 1 } } } }, { depth: 0 });',
      "  console.assert(1 > 2, 'assertion %s', 'text');",
      "  console.assert(true, 'never');",
      "  console.trace('traced');",
      "  console.group('grouped');",
      "  console.info('inside');",
      '  console.groupEnd();',
      "  console.debug('debugged');",
      "  console.time('timer'); console.timeLog('timer'); console.timeEnd('timer');",
      "  console.count('counted'); console.count('counted');",
      "  console.log('%s is %d', 'x', 42);",
      "  const { error } = console; error('bare', new RangeError('shown'));",
      "  console.log(); console.log('end');",
      '};',
    ].join('\n');
    await host.publish('consoles', source);
    expect((await host.call('/consoles')).status).toBe(200);
    await logged('consoles', /^end$/);
    const lines = await logsOf('consoles');
    const of = (line: number) => lines.filter((one) => one.line === line).map(({ level, message }) => [level, message]);
    expect(of(2)).toEqual([['info', expect.stringMatching(/┌[^]*│ 'x'/)]]);
    expect(of(3)).toEqual([['info', '{ deep: [Object] }']]);
    expect(of(4)).toEqual([['warn', 'Assertion failed: assertion text']]);
    expect(of(5)).toEqual([]);
    expect(of(6)).toEqual([[expect.any(String), expect.stringMatching(/^Trace: traced\n\s+at .*consoles\.ts:6:/)]]);
    expect(of(7)).toEqual([['info', 'grouped']]);
    expect(of(8)).toEqual([['info', '  inside']]);
    expect(of(10)).toEqual([['debug', 'debugged']]);
    expect(of(11)).toEqual([
      ['info', expect.stringMatching(/^timer: /)],
      ['info', expect.stringMatching(/^timer: /)],
    ]);
    expect(of(12)).toEqual([
      ['info', 'counted: 1'],
      ['info', 'counted: 2'],
    ]);
    expect(of(13)).toEqual([['info', 'x is 42']]);
    expect(of(14)).toEqual([['error', expect.stringMatching(/^bare RangeError: shown\n\s+at .*consoles\.ts:14:/)]]);
    expect(of(15)).toEqual([
      ['info', ''],
      ['info', 'end'],
    ]);
  });

  it('what a call throws is logged with its place and a stack in terms of sources', async () => {
    await host.publish('lib/breaks', 'type A = 1;\nexport function breaks(): never {\n  throw new TypeError("broke");\n}');
    await host.publish('broken', "import { breaks } from '@/lib/breaks';\n\nexport default async () => {\n  breaks();\n};");
    const { status, json, headers } = await host.call('/broken');
    expect([status, json]).toEqual([500, { error: 'Internal Server Error', requestId: headers.get('request-id') }]);
    const line = await logged('broken', /broke/);
    expect(line).toMatchObject({ level: 'error', message: 'TypeError: broke', function: 'broken', requestId: headers.get('request-id') });
    expect(line.stack).toMatch(/lib\/breaks\.ts:3:\d+[^]*broken\.ts:4:\d+/);
    expect(line.stack).not.toMatch(/hearth:|worker\.js|node:internal/);
  });
});

describe('errors that nobody awaits', () => {
  it.each([
    ['a throw in a timer', "setTimeout(() => {\n    throw new Error('stray');\n  }, 1);"],
    ['a throw in setImmediate', "setImmediate(() => {\n    throw new Error('stray');\n  });"],
    ['a floating rejection', "void (async () => {\n    throw new Error('stray');\n  })();"],
    ['a throw in process.nextTick', "process.nextTick(() => {\n    throw new Error('stray');\n  });"],
    ['an emitter without a listener', "setTimeout(() =>\n    new (require('node:events'))().emit('error', new Error('stray')), 1);"],
    ['a rejection with undefined', 'void 0;\n  void Promise.reject(undefined);'],
    ['a rejection with a symbol', "void 0;\n  void Promise.reject(Symbol('stray'));"],
    ['a throw after an await', "void 0; setTimeout(async () => {\n    await null; throw new Error('stray'); }, 1);"],
  ])('%s is logged under its request, and the process lives', async (_name, statement) => {
    const pid = await host.workerPid();
    const revision = await host.publish('stray', `export default async () => {\n  ${statement}\n  return 'answered';\n};`);
    const requestId = `stray-${revision}`;
    expect((await host.call('/stray', { headers: { 'x-request-id': requestId } })).text).toBe('answered');
    const logs = async () => (await host.api('GET', `/v1/logs?requestId=${requestId}`)).json.logs;
    await expect
      .poll(logs)
      .toMatchObject([{ level: 'error', function: 'stray', revision, message: expect.stringMatching(/stray|undefined/) }]);
    expect(await host.workerPid()).toBe(pid);
  });

  it('of a microtask belong at least to the function, whose request Node 20 does not say', async () => {
    await host.publish(
      'micro',
      "export default async () => {\n  queueMicrotask(() => {\n    throw new Error('in a microtask');\n  });\n};",
    );
    await host.call('/micro');
    expect(await logged('micro', /in a microtask/)).toMatchObject({ level: 'error', line: 3 });
  });

  it('of a timer at the top level belong to their function', async () => {
    await host.publish('top', "\nsetTimeout(() => { throw new Error('from the top'); }, 1);\nexport default () => 'top';");
    expect(await logged('top', /from the top/)).toMatchObject({ level: 'error', line: 2 });
  });
});

describe('process', () => {
  it.each([
    'process.exit(1)',
    'process.exit()',
    'process.abort()',
    'process.kill(process.pid)',
    "process.kill(process.pid, 'SIGKILL')",
    "process.kill(process.ppid, 'SIGTERM')",
    "process.kill(0, 'SIGTERM')",
    'process.disconnect()',
    'process.send({ type: "result", id: 1 })',
    "require('node:process').exit(1)",
    'globalThis.process.exit(1)',
  ])('%s is an error in the function', async (statement) => {
    const pid = await host.workerPid();
    await host.publish(
      'ends',
      `export default () => { try { ${statement}; } catch (error) { return { code: error.code, message: error.message }; } return 'went on'; };`,
    );
    expect((await host.call('/ends')).json).toEqual({
      code: 'PROCESS_REFUSED',
      message: expect.stringContaining('would stop or disturb the host'),
    });
    expect(await host.workerPid()).toBe(pid);
  });

  it.each([
    'process.removeAllListeners()',
    "process.removeAllListeners('uncaughtException')",
    "process.on('uncaughtException', () => { throw new Error('from a listener'); })",
    "process.on('unhandledRejection', () => {})",
    "process.once('SIGTERM', () => {})",
    "process.off('disconnect', () => {})",
    "require('node:process').removeAllListeners()",
    "require('node:process').removeAllListeners('message')",
    "require('node:process').removeAllListeners('uncaughtException')",
  ])('%s disturbs nothing', async (statement) => {
    const pid = await host.workerPid();
    const revision = await host.publish(
      'disturbs',
      `export default () => { ${statement}; setTimeout(() => { throw new Error('afterwards'); }, 1); return 'done'; };`,
    );
    const requestId = `disturbs-${revision}`;
    expect((await host.call('/disturbs', { headers: { 'x-request-id': requestId } })).text).toBe('done');
    const logs = async () => (await host.api('GET', `/v1/logs?requestId=${requestId}`)).json.logs;
    await expect.poll(logs).toMatchObject([{ message: 'Error: afterwards' }]);
    expect(await host.workerPid()).toBe(pid);
  });

  it('shows the environment without what is the host’s own', async () => {
    await host.publish(
      'env',
      'export default () => ({ env: Object.keys(process.env), own: Object.keys(require("node:process").env), argv: process.argv.join(" "), exec: process.execArgv.join(" ") });',
    );
    const { text } = await host.call('/env');
    expect(text).toContain('PATH');
    expect(text).not.toMatch(/ADMIN_TOKEN|DATA_DIR|CONSOLE_PORT|scenario-token/);
  });
});
