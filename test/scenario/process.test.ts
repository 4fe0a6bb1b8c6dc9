import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestHost } from './host.ts';

interface Line {
  readonly level: string;
  readonly message: string;
  readonly function?: string;
  readonly revision?: number;
  readonly requestId?: string;
  readonly line?: number;
}

/** Packages as they are written for Node: none knows of Hearth. */
const packages: Readonly<Record<string, string>> = {
  'reads-env': 'module.exports = (name) => process.env[name];',
  'sets-env': "module.exports = (name, value) => { require('process').env[name] = value; };",
  'logs-by-console': "module.exports = (text) => { console.log(text); console.warn('careful: ' + text); };",
  'logs-by-stream': "module.exports = (text) => process.stderr.write('  debug ' + text + '\\n');",
  'logs-by-descriptor':
    "const fs = require('fs'); module.exports = (text) => { fs.writeSync(1, text + '\\n'); fs.write(1, Buffer.from(text + ' later\\n'), () => {}); };",
  // As pino does with its transports.
  'logs-by-thread': `
    const { createRequire } = require('node:module');
    const { Worker } = require('node:worker_threads');
    module.exports = function log(target, text) {
      const prepare = Error.prepareStackTrace;
      Error.prepareStackTrace = (_, sites) => sites;
      const [, caller] = new Error('caller').stack.map((site) => site.getFileName());
      Error.prepareStackTrace = prepare;
      new Worker(createRequire(caller).resolve(target), { workerData: text });
    };`,
  'a-transport': "require('fs').writeSync(1, require('worker_threads').workerData + '\\n');",
  'cleans-up':
    "module.exports = (write) => { process.once('exit', () => write('package exit')); process.on('SIGTERM', () => write('package SIGTERM')); };",
};

let host: TestHost;
let dataDir: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'hearth-process-'));
  for (const [name, source] of Object.entries(packages)) {
    const file = join(dataDir, 'packages/node_modules', name, 'index.js');
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, source);
  }
  host = await TestHost.start({ dataDir, env: { COLOR: 'red', HEARTH_TOKEN: 'not for functions', TZ: 'UTC' } });
});

afterAll(async () => {
  await host.end();
  await rm(dataDir, { recursive: true, force: true });
});

/** What a function with this body returns. */
async function returned(name: string, body: string, imports = ''): Promise<unknown> {
  await host.publish(name, `${imports}\nexport default () => { ${body} };`);
  const { status, text, json } = await host.call(`/${name}`);
  if (status !== 200) throw new Error(text);
  return json;
}

async function logged(matches: (line: Line) => boolean, from = host): Promise<Line> {
  let found: Line | undefined;
  const look = async (): Promise<Line | undefined> =>
    (found = (await from.api('GET', '/v1/logs?limit=10000')).json.logs.find((line: Line) => matches(line)));
  await expect.poll(look).toBeDefined();
  if (!found) throw new Error('polled until defined');
  return found;
}

describe('process.env', () => {
  it('is seen by Node, packages, programs and threads as soon as a function sets it, and by the function when they do', async () => {
    const body = `
      process.env.TZ = 'Asia/Shanghai'; process.env.FROM_FUNCTION = 'set';
      setsEnv('FROM_PACKAGE', 'set');
      const answer = {
        offset: new Date(0).getTimezoneOffset(), program: execSync('echo $FROM_FUNCTION').toString().trim(), package: readsEnv('FROM_FUNCTION'),
        global: globalThis.process.env.FROM_FUNCTION, required: require('node:process').env.FROM_FUNCTION, cloud: cloud.env.FROM_FUNCTION, back: process.env.FROM_PACKAGE,
      };
      process.env.TZ = 'UTC'; delete process.env.FROM_FUNCTION;
      return { ...answer, utc: new Date(0).getTimezoneOffset(), gone: readsEnv('FROM_FUNCTION') === undefined && !('FROM_FUNCTION' in process.env) };`;
    const imports =
      "import { execSync } from 'node:child_process'; import cloud from '@lafjs/cloud'; import readsEnv from 'reads-env'; import setsEnv from 'sets-env';";
    const set = { program: 'set', package: 'set', global: 'set', required: 'set', cloud: 'set', back: 'set' };
    expect(await returned('env', body, imports)).toEqual({ offset: -480, ...set, utc: 0, gone: true });
    expect(await returned('env-other', 'return process.env.FROM_PACKAGE;').catch((error: unknown) => String(error))).toBe(undefined);
  });

  it.each([
    ['numbers', 'process.env.V = 1 as any; return [process.env.V];', ['1']],
    ['undefined', 'process.env.V = undefined; return [process.env.V];', ['undefined']],
    ['objects', 'process.env.V = { toString: () => "shown" } as any; return [process.env.V];', ['shown']],
    [
      'deleted ones',
      'process.env.V = "1"; return [delete process.env.V, "V" in process.env, Object.keys(process.env).includes("V")];',
      [true, false, false],
    ],
    ['copies', 'process.env.V = "1"; return [{ ...process.env }.V, JSON.parse(JSON.stringify(process.env)).V];', ['1', '1']],
  ])('makes of %s what Node makes of them', async (_name, body, expected) => {
    expect(await returned('env-values', body)).toEqual(expected);
  });

  it('can be replaced as a whole, for programs and cloud.env as well, until the worker is', async () => {
    const imports = "import { execSync } from 'node:child_process'; import cloud from '@lafjs/cloud';";
    const body =
      "process.env = { PATH: process.env.PATH, WHOLE: 'new' }; return [execSync('echo $WHOLE$COLOR').toString().trim(), cloud.env.WHOLE, process.env.COLOR ?? 'none'];";
    expect(await returned('env-whole', body, imports)).toEqual(['new', 'new', 'none']);
    expect((await host.api('POST', '/v1/worker/restart')).status).toBe(204);
    expect(await returned('env-whole', "return [process.env.WHOLE ?? 'none', process.env.COLOR];")).toEqual(['none', 'red']);
  });

  it('holds what Laf sets, and nothing of the host, for programs either', async () => {
    const imports =
      "import { execSync } from 'node:child_process'; import cloud from '@lafjs/cloud'; import { readFileSync } from 'node:fs';";
    const body = `const { APP_ID, APPID, SERVER_SECRET = '', COLOR } = process.env;
      return { ids: [APP_ID, APPID, cloud.appid], signs: cloud.parseToken(cloud.getToken({ a: 1 }), SERVER_SECRET)?.a, COLOR,
        all: [...Object.keys(process.env), execSync('env').toString(), readFileSync('/proc/self/environ', 'utf8')].join(' ') };`;
    const { all, ...rest } = Object(await returned('env-laf', body, imports));
    expect(rest).toEqual({ ids: ['hearth', 'hearth', 'hearth'], signs: 1, COLOR: 'red' });
    expect(all).toContain('COLOR=red');
    expect(all).not.toMatch(/ADMIN_TOKEN|DATA_DIR|CONSOLE_PORT|HEARTH_|NODE_OPTIONS|scenario-token/);
  });
});

describe('output past a function’s console', () => {
  async function output(name: string, body: string, imports = ''): Promise<string> {
    await host.publish(name, `${imports}\nexport default async () => { ${body} return 'ok'; };`);
    const { text, headers } = await host.call(`/${name}`);
    expect(text).toBe('ok');
    return headers.get('request-id') ?? '';
  }

  it.each([
    ['process.stdout', "process.stdout.write('one ' + 1 + '\\n');", 'one 1', 'info'],
    ['process.stderr', "process.stderr.write('two\\n');", 'two', 'error'],
    ['bytes', "process.stdout.write(Buffer.from('drei ß\\n'));", 'drei ß', 'info'],
    ['another encoding', "process.stdout.write('dmllcgo=', 'base64');", 'vier', 'info'],
    ['a line in parts', "process.stdout.write('fi'); await null; process.stdout.write('ve\\n');", 'five', 'info'],
    ['a line without an end', "process.stdout.write('six');", 'six', 'info'],
    ['the global console', "globalThis.console.warn('seven %d', 7);", 'seven 7', 'warn'],
    ['the global console’s streams', "(globalThis.console as any)._stdout.write('eight\\n');", 'eight', 'info'],
    [
      'a stream piped to it',
      "await require('node:stream/promises').pipeline(require('node:stream').Readable.from(['nine\\n']), process.stdout);",
      'nine',
      'info',
    ],
    ['a console made of it', "new (require('node:console').Console)(process.stdout, process.stderr).error('ten');", 'ten', 'error'],
    ['fs.writeSync()', "require('fs').writeSync(1, 'eleven\\n');", 'eleven', 'info'],
    [
      'fs.promises-like write()',
      "await require('node:util').promisify(require('fs').write)(2, Buffer.from('-twelve\\n'), 1);",
      'twelve',
      'error',
    ],
  ])('by %s is in the log with its function and call', async (_name, body, message, level) => {
    const requestId = await output('writes', body);
    expect(await logged((line) => line.message === message)).toMatchObject({ function: 'writes', requestId, level });
  });

  it('is a line of the log for each of its lines, and calls back', async () => {
    const requestId = await output(
      'lines',
      "await new Promise((done) => process.stdout.write('first\\nsecond\\r\\n\\nthird', done as any));",
    );
    await logged((line) => line.message === 'third');
    const { logs } = (await host.api('GET', `/v1/logs?requestId=${requestId}`)).json;
    expect(logs.map(({ message }: Line) => message)).toEqual(['first', 'second', '', 'third']);
  });

  it('of packages names the function that calls them, and its line', async () => {
    const imports =
      "import byConsole from 'logs-by-console'; import byStream from 'logs-by-stream'; import byDescriptor from 'logs-by-descriptor';";
    const requestId = await output('uses', "byConsole('c'); byStream('s');\nbyDescriptor('d');", imports);
    const of = { function: 'uses', requestId };
    expect(await logged((line) => line.message === 'c')).toMatchObject({ ...of, level: 'info', line: 2 });
    expect(await logged((line) => line.message === 'careful: c')).toMatchObject({ ...of, level: 'warn' });
    expect(await logged((line) => line.message === '  debug s')).toMatchObject({ ...of, level: 'error' });
    expect(await logged((line) => line.message === 'd')).toMatchObject({ ...of, line: 3 });
    expect(await logged((line) => line.message === 'd later')).toMatchObject(of);
  });

  it('of threads is in the log, and so is that of programs and Node itself, which names no function', async () => {
    await output(
      'programs',
      `spawnSync('echo', ['from a program'], { stdio: 'inherit' }); spawnSync('echo from a shell >&2', { shell: true, stdio: 'inherit' });
       new Worker("console.log('from a thread'); require('fs').writeSync(1, 'from its descriptor\\\\n');", { eval: true });
       process.emitWarning('from Node');`,
      "import { spawnSync } from 'node:child_process'; import { Worker } from 'node:worker_threads';",
    );
    expect(await logged((one) => one.message === 'from a thread')).toMatchObject({ level: 'info', function: 'programs' });
    for (const message of ['from a program', 'from its descriptor']) {
      const line = await logged((one) => one.message === message);
      expect([line.level, line.function]).toEqual(['info', undefined]);
    }
    expect((await logged((line) => line.message === 'from a shell')).level).toBe('error');
    expect((await logged((line) => line.message.includes('Warning: from Node'))).level).toBe('error');
  });

  it('of a thread that a package finds from the file of its caller is in the log', async () => {
    await output('transports', "log('a-transport', 'from a transport');", "import log from 'logs-by-thread';");
    expect(await logged((line) => line.message === 'from a transport')).toMatchObject({ level: 'info' });
  });

  it('is in the answer of a draft run', async () => {
    const source = "export default () => { process.stdout.write('in the draft'); globalThis.console.log('as well'); };";
    const { json } = await host.api('POST', '/v1/functions/draft/run', { source, request: { method: 'GET' } });
    expect(json.logs.map(({ message }: Line) => message).toSorted()).toEqual(['as well', 'in the draft']);
  });

  it('cannot flood the log, nor stop a function that writes', async () => {
    await output('floods', "for (let n = 0; n < 20_000; n++) process.stdout.write('flood ' + n + '\\n');");
    await logged((line) => /^\d+ log lines were dropped/.test(line.message));
    await output(
      'floods',
      "spawn('yes', ['from yes'], { stdio: 'inherit', timeout: 1_000 }).unref();",
      "import { spawn } from 'node:child_process';",
    );
    await logged((line) => /^\d+ lines of output were dropped/.test(line.message));
    const requestId = await output('after', "process.stdout.write('after the flood\\n');");
    expect(await logged((line) => line.message === 'after the flood')).toMatchObject({ requestId });
  });
});

describe('the end of the worker', () => {
  const file = (): string => join(dataDir, 'end.txt');
  const write = (): string => `const write = (text: string) => require('node:fs').appendFileSync(${JSON.stringify(file())}, text + '\\n');`;

  async function told(): Promise<string[]> {
    const text = await readFile(file(), 'utf8').catch(() => '');
    await rm(file(), { force: true });
    return text.split('\n').filter((line) => line !== '');
  }

  async function listening(name: string, top: string, imports = ''): Promise<void> {
    await host.publish(name, `${imports}\n${write()}\n${top}\nexport default () => 'ok';`);
    expect((await host.call(`/${name}`)).text).toBe('ok');
  }

  it('is told to functions by SIGTERM, beforeExit and exit, in that order, whatever they do', async () => {
    const delay = 'await new Promise((done) => setTimeout(done, 100));';
    await listening('ends-old', "process.on('SIGTERM', () => write('old revision'));");
    await listening('ends-old', "process.on('SIGTERM', (signal, number) => write('new revision ' + signal + number));");
    await listening('ends-promise', `process.once('SIGTERM', async () => { ${delay} write('promise'); process.exit(0); });`);
    await listening(
      'ends-timer',
      "globalThis.process.on('SIGTERM', () => { setTimeout(() => { write('timer'); process.exit(0); }, 150); });",
    );
    await listening(
      'ends-once',
      `void (async () => { await once(process, 'SIGTERM'); ${delay} ${delay} write('once'); })();`,
      "import { once } from 'node:events';",
    );
    await listening(
      'ends-file',
      "require('node:process').on('SIGTERM', () => { require('fs').promises.appendFile(" + JSON.stringify(file()) + ", 'file\\n'); });",
    );
    await listening('ends-throwing', "process.prependListener('SIGTERM', () => { write('throws'); throw new Error('from a listener'); });");
    await listening('ends-looping', "process.on('SIGTERM', () => { write('loops'); for (;;); });");
    await listening('ends-int', "process.on('SIGINT', () => write('SIGINT only'));");
    await listening('ends-both', "for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => write('both ' + name));");
    await listening(
      'ends-off',
      "const gone = () => write('removed'); process.once('SIGTERM', gone); process.off('SIGTERM', gone); process.on('exit', gone); process.removeListener('exit', gone);",
    );
    await listening('ends-before', "process.on('beforeExit', (code) => { setTimeout(() => write('beforeExit ' + code), 50); });");
    await listening('ends-exit', "process.on('exit', (code) => { write('exit ' + code); console.log('the last word'); });");
    await listening('ends-package', 'cleansUp(write);', "import cleansUp from 'cleans-up';");
    expect((await host.api('POST', '/v1/worker/restart')).status).toBe(204);
    const all = await told();
    expect(all.slice(0, -3).toSorted()).toEqual(
      [
        'SIGINT only',
        'both SIGTERM',
        'file',
        'loops',
        'new revision SIGTERM15',
        'once',
        'package SIGTERM',
        'promise',
        'throws',
        'timer',
      ].toSorted(),
    );
    expect(all.at(-3)).toBe('beforeExit 0');
    expect(all.slice(-2).toSorted()).toEqual(['exit 0', 'package exit']);
    expect(await logged((line) => line.message === 'the last word')).toMatchObject({ function: 'ends-exit' });
    expect(await logged((line) => line.message.includes('from a listener'))).toMatchObject({ level: 'error', function: 'ends-throwing' });
    expect(await logged((line) => line.message.includes('in a listener for SIGTERM: HearthError'))).toMatchObject({
      function: 'ends-looping',
    });
    const { logs } = (await host.api('GET', '/v1/logs?limit=10000&level=error')).json;
    expect(logs.filter(({ message }: Line) => message.includes('process.exit'))).toEqual([]);
  });

  it('waits for a call in flight that its listener ends, and for no listener longer than the stop timeout', async () => {
    await using short = await TestHost.start({ env: { STOP_TIMEOUT_MS: '1500' } });
    const source = `${write()}
      process.on('SIGTERM', () => new Promise(() => {}));
      process.on('exit', () => write('left'));
      export default (ctx: FunctionContext) => new Promise((resolve) => { ctx.response.flushHeaders(); process.once('SIGTERM', () => { write('told'); resolve('ended'); }); });`;
    await short.publish('waits', source);
    const response = await fetch(`${short.url}/waits`);
    const ended = short.end();
    expect(await response.text()).toBe('ended');
    expect(await ended).toBe(0);
    expect(await told()).toEqual(['told', 'left']);
  });
});
