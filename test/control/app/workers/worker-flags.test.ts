import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { workerFlags } from '../../../../runtime/control/app/workers/worker-flags.ts';
import { defaultLimits } from '../../../limits.ts';

let root: string;

beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'hearth-flags-')));
  for (const folder of ['host/dist', 'host/node_modules/p', 'app/node_modules/q', 'uploads'])
    await mkdir(join(root, folder), { recursive: true });
});

afterAll(() => rm(root, { recursive: true }));

afterEach(() => {
  vi.unstubAllGlobals();
});

function flagsFor(permissions: 'full' | 'restricted', dir = root, memory = 512): readonly string[] {
  const settings = { limits: { ...defaultLimits, memory }, packagesDir: join(dir, 'app'), uploadDir: join(dir, 'uploads') };
  return workerFlags({ entry: join(dir, 'host/dist/worker.js'), settings, permissions });
}

/** Makes this process look like another version of Node. */
function pretend(version: string): void {
  vi.stubGlobal('process', Object.create(process, { versions: { value: { ...process.versions, node: version } } }));
}

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs Node with nothing of this process's environment that it would take flags from. */
async function node(...args: readonly string[]): Promise<Run> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH } });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, ...output })));
}

describe('workerFlags()', () => {
  it.each([
    ['20.19.0', true],
    ['22.0.0', false],
    ['24.1.0', false],
  ])('on Node %s asks for the global WebSocket: %s', (version, asks) => {
    pretend(version);
    expect(flagsFor('full').includes('--experimental-websocket')).toBe(asks);
  });

  it('gives the heap more than the memory limit, which the watchdog keeps', () => {
    expect(flagsFor('full', '/h', 512)).toContain('--max-old-space-size=640');
    expect(flagsFor('full', '/h', 333)).toContain('--max-old-space-size=417');
  });

  it('restricts nothing with full permissions', () => {
    expect(flagsFor('full').filter((flag) => /permission|allow/.test(flag))).toEqual([]);
  });

  it.each([
    ['20.19.0', '--experimental-permission', []],
    ['22.13.0', '--experimental-permission', []],
    ['23.5.0', '--permission', []],
    ['24.0.0', '--permission', []],
    ['25.0.0', '--permission', ['--allow-net']],
  ])('restricted on Node %s uses %s and allows what a worker needs', (version, permission, more) => {
    pretend(version);
    const folders = { read: ['host/dist', 'host/node_modules', 'app', 'uploads'], write: ['uploads'] };
    expect(flagsFor('restricted').filter((flag) => /permission|allow/.test(flag))).toEqual([
      permission,
      `--allow-fs-read=${root}/host/package.json`,
      ...folders.read.map((folder) => `--allow-fs-read=${root}/${folder}/*`),
      ...folders.write.map((folder) => `--allow-fs-write=${root}/${folder}/*`),
      '--allow-worker',
      ...more,
    ]);
  });

  it('allows a folder behind a link under both of its paths', async () => {
    const link = join(root, 'link');
    await symlink(root, link);
    const flags = flagsFor('restricted', link);
    for (const flag of ['--allow-fs-read', '--allow-fs-write']) {
      expect(flags).toEqual(expect.arrayContaining([`${flag}=${link}/uploads/*`, `${flag}=${root}/uploads/*`]));
    }
  });

  it('restricted begin as full ones do', () => {
    expect(flagsFor('restricted').slice(0, flagsFor('full').length)).toEqual(flagsFor('full'));
  });

  it('full flags are all known to this Node', async () => {
    expect(await node(...flagsFor('full'), '-e', '0')).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('restricted flags are all known to this Node', async () => {
    const program = join(root, 'host/dist/nothing.cjs');
    await writeFile(program, '');
    expect(await node(...flagsFor('restricted'), program)).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});

/** What the attempts come to in a program of the host under these flags: `yes`, or the code of the error. */
async function attempt(permissions: 'full' | 'restricted', attempts: Readonly<Record<string, string>>): Promise<unknown> {
  const program = join(root, 'host/dist/program.mjs');
  const source = `
    import { execFileSync, spawnSync } from 'node:child_process';
    import { once } from 'node:events';
    import { readFileSync, readdirSync, writeFileSync, rmSync } from 'node:fs';
    import { createRequire } from 'node:module';
    import { createServer, connect } from 'node:net';
    import { Worker } from 'node:worker_threads';
    const root = ${JSON.stringify(root)};
    const require = createRequire(root + '/app/package.json');
    const thread = async (code) => { const [answer] = await once(new Worker(code, { eval: true, env: {} }), 'message'); return answer; };
    const outcomes = {};
    const attempt = async (name, call) => {
      try { await call(); outcomes[name] = 'yes'; } catch (error) { outcomes[name] = error.code ?? error.message; }
    };
    ${Object.entries(attempts)
      .map(([name, call]) => `await attempt(${JSON.stringify(name)}, async () => { ${call} });`)
      .join('\n')}
    console.log(JSON.stringify(outcomes));
  `;
  await writeFile(program, source);
  const { stdout, stderr, code } = await node(...flagsFor(permissions), program);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
}

describe('a restricted worker', () => {
  const needed = {
    'reads its packages': "if (require('q') !== 'q') throw new Error('not q');",
    'writes, reads and removes uploads': "const file = root + '/uploads/u'; writeFileSync(file, 'u'); readFileSync(file); rmSync(file);",
    'starts a thread': "if ((await thread(\"require('worker_threads').parentPort.postMessage(1)\")) !== 1) throw new Error('no answer');",
    'opens sockets':
      "const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1'); await once(server, 'listening'); const socket = connect(server.address().port, '127.0.0.1'); socket.resume(); await once(socket, 'close'); server.close();",
  };
  const refused = {
    'reads a file of the system': "readFileSync('/etc/hostname');",
    'lists the files beside its folders': 'readdirSync(root);',
    'writes into its packages': "writeFileSync(root + '/app/node_modules/q/other.js', '');",
    'starts a program': "execFileSync('true');",
    'starts a shell': "const { error } = spawnSync('true', { shell: true }); if (error) throw error;",
    'reads in a thread what itself may not': `
      const answer = await thread("let seen = 'yes'; try { require('fs').readFileSync('/etc/hostname'); } catch (error) { seen = error.code; } require('worker_threads').parentPort.postMessage(seen)");
      if (answer !== 'yes') throw new Error(answer);`,
  };

  beforeAll(async () => {
    await writeFile(join(root, 'app/node_modules/q/index.js'), "module.exports = 'q';");
  });

  const all = (attempts: object, outcome: string): object => Object.fromEntries(Object.keys(attempts).map((name) => [name, outcome]));

  it('has what it needs', async () => {
    expect(await attempt('restricted', needed)).toEqual(all(needed, 'yes'));
  });

  it('has nothing else', async () => {
    expect(await attempt('restricted', refused)).toEqual(all(refused, 'ERR_ACCESS_DENIED'));
  });

  it('has all of it with full permissions', async () => {
    const attempts = { ...needed, ...refused };
    expect(await attempt('full', attempts)).toEqual(all(attempts, 'yes'));
  });
});
