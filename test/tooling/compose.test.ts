import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readConfig } from '../../runtime/control/host/config.ts';

/** The parser of knip, which is a package of ours; it is none itself. */
const { parse: parseYaml }: { parse(text: string): unknown } = createRequire(createRequire(import.meta.url).resolve('knip'))('yaml');

const serviceShape = z.object({
  image: z.string(),
  environment: z.record(z.string(), z.union([z.string(), z.number()])).default({}),
  command: z.array(z.string()).default([]),
  hostname: z.string().optional(),
  user: z.string().optional(),
  healthcheck: z.object({ test: z.array(z.string()) }),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()),
  networks: z.array(z.string()),
  init: z.boolean().default(false),
  read_only: z.boolean(),
  cap_drop: z.array(z.string()),
  privileged: z.boolean().default(false),
  mem_limit: z.string(),
  stop_grace_period: z.string().regex(/^\d+s$/),
});
const composeShape = z.object({
  services: z.object({ hearth: serviceShape, mongodb: serviceShape }),
  networks: z.record(z.string(), z.object({ internal: z.boolean().optional() }).nullable()),
  volumes: z.record(z.string(), z.null()),
});

/** The value as compose makes it where the variables are not set, and those that have to be are `required`. */
function interpolate(value: string, required: string): string {
  return value
    .replace(/\$\{\w+(:[-?])([^}]*)\}/g, (_, kind: string, rest: string) => (kind === ':?' ? required : rest))
    .replaceAll('$$', '$');
}

describe('compose.yaml', () => {
  const { services, networks, volumes } = composeShape.parse(parseYaml(readFileSync('compose.yaml', 'utf8')));
  const { hearth, mongodb } = services;
  const env = Object.fromEntries(
    Object.entries(hearth.environment).map(([name, value]) => [name, interpolate(String(value), 'some-token')]),
  );
  const config = readConfig(env, '/');

  it("sets variables of the host's only, to values that it takes", () => {
    expect(config.app.env).toEqual({});
    expect(config).toMatchObject({
      host: '0.0.0.0',
      adminToken: 'some-token',
      port: 4000,
      consolePort: 4001,
      app: { serverSecret: undefined },
    });
  });

  it('does not start without ADMIN_TOKEN, and holds none', () => {
    expect(hearth.environment['ADMIN_TOKEN']).toMatch(/^\$\{ADMIN_TOKEN:\?[^}]+\}$/);
  });

  it('publishes the functions, and the API on this machine only', () => {
    expect(hearth.ports).toEqual([`${config.port}:${config.port}`, `127.0.0.1:${config.consolePort}:${config.consolePort}`]);
    expect(mongodb.ports).toEqual([]);
  });

  it('names the member of the replica set as the host looks for it', () => {
    const { hostname, port, searchParams } = new URL(config.mongodbUri ?? '');
    const set = searchParams.get('replicaSet') ?? 'none';
    expect(mongodb.command.join(' ')).toContain(`--replSet ${set} `);
    expect(mongodb.healthcheck.test.at(-1)).toContain(`rs.initiate({ _id: '${set}', members: [{ _id: 0, host: '${hostname}:${port}' }] })`);
    expect(mongodb.hostname).toBe(hostname);
    expect(mongodb.networks.filter((name) => hearth.networks.includes(name))).toEqual(['database']);
    expect(networks['database']).toEqual({ internal: true });
  });

  it('starts the host when the database can be written to', () => {
    expect(hearth.depends_on).toEqual({ mongodb: { condition: 'service_healthy' } });
    expect(mongodb.healthcheck.test.at(-1)).toContain('quit(db.hello().isWritablePrimary ? 0 : 1);');
  });

  it('gives the host longer to stop than it takes, and room for two workers', () => {
    expect(Number.parseInt(hearth.stop_grace_period) * 1000).toBeGreaterThan(2 * config.app.stopTimeout);
    expect(hearth.init).toBe(true);
    expect(hearth.mem_limit).toMatch(/^\d+g$/);
    expect(Number.parseInt(hearth.mem_limit) * 1024).toBeGreaterThanOrEqual(2 * config.app.limits.memory + 512);
  });

  it.each(Object.entries(services))('keeps the data of %s in named volumes, and gives it no more than it needs', (_, service) => {
    const named = service.volumes.map((volume) => volume.split(':')[0]);
    expect(Object.keys(volumes)).toEqual(expect.arrayContaining(named));
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], privileged: false });
  });

  it('pins the version of MongoDB to one that is maintained as a whole', () => {
    expect(mongodb.image).toMatch(/^mongo:\d+\.\d+$/);
    expect(mongodb.user).toBe('mongodb');
  });

  it("asks after the host's health as the image does", () => {
    expect(hearth.healthcheck.test.map((part) => interpolate(part, ''))).toEqual(['CMD', ...readCommand('HEALTHCHECK')]);
  });
});

interface Instruction {
  readonly keyword: string;
  readonly text: string;
}

/** The stages of the Dockerfile, each a list of instructions that begins with FROM. */
function readStages(): readonly (readonly Instruction[])[] {
  const lines = readFileSync('Dockerfile', 'utf8')
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n/g, '')
    .split('\n');
  const stages: Instruction[][] = [];
  for (const line of lines.filter((each) => each.trim() !== '')) {
    const [, keyword = '', text = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
    if (keyword === 'FROM') stages.push([]);
    stages.at(-1)?.push({ keyword, text });
  }
  return stages;
}

const [buildStage = [], finalStage = []] = readStages();

/** The command of an instruction of the final stage. */
function readCommand(keyword: string): readonly string[] {
  const { text = '' } = finalStage.find((instruction) => instruction.keyword === keyword) ?? {};
  return z.array(z.string()).parse(JSON.parse(text.slice(text.indexOf('['))));
}

interface Copy {
  readonly from: string | undefined;
  readonly sources: readonly string[];
  readonly target: string;
}

function copiesOf(stage: readonly Instruction[]): readonly Copy[] {
  return stage
    .filter(({ keyword }) => keyword === 'COPY')
    .map(({ text }) => {
      const [, from, paths = ''] = /^(?:--from=(\w+) )?(.*)$/.exec(text) ?? [];
      const sources = paths.split(/\s+/);
      return { from, target: sources.pop() ?? '', sources };
    });
}

/** Does what the stage's COPY instructions say, with `folder` in the place of its working directory. */
function copyInto(folder: string, stage: readonly Instruction[], built: string): void {
  for (const { from, sources, target } of copiesOf(stage)) {
    for (const source of sources) {
      const place = join(folder, target.endsWith('/') ? join(target, basename(source)) : target);
      if (from === undefined) cpSync(source, place, { recursive: true });
      else renameSync(join(built, relative('/hearth', source)), place);
    }
  }
}

/** Copies what `npm ci --omit=dev` would fetch from what is installed. */
function installInto(folder: string): void {
  const lockfile = z.object({ packages: z.record(z.string(), z.object({ dev: z.boolean().optional() })) });
  const { packages } = lockfile.parse(JSON.parse(readFileSync('package-lock.json', 'utf8')));
  for (const [path, { dev }] of Object.entries(packages)) {
    if (dev || !/^node_modules\/(?!.*\/node_modules\/)/.test(path) || !existsSync(path)) continue;
    cpSync(path, join(folder, path), { recursive: true });
  }
  cpSync('node_modules/.package-lock.json', join(folder, 'node_modules/.package-lock.json'));
}

/** Takes the right to write from everybody, and gives the right to read to all. */
function makeReadOnly(folder: string): void {
  execFileSync('chmod', ['-R', 'a-w,a+rX', folder]);
}

/** A user who is not root, where this one is and that one could run Node. */
function otherUser(): { uid: number; gid: number } | undefined {
  const nobody = { uid: 65_534, gid: 65_534 };
  if (process.getuid?.() !== 0 || spawnSync(process.execPath, ['--version'], nobody).status !== 0) return undefined;
  return nobody;
}

describe('.dockerignore', () => {
  const patterns = readFileSync('.dockerignore', 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

  it('lets exactly those files in that the image is made of', () => {
    const sources = [...copiesOf(buildStage), ...copiesOf(finalStage)].flatMap(({ from, sources: all }) => (from === undefined ? all : []));
    expect(patterns[0]).toBe('*');
    expect(patterns.slice(1).toSorted()).toEqual([...new Set(sources)].map((source) => `!${source}`).toSorted());
    expect(sources.filter((source) => !existsSync(source))).toEqual([]);
  });
});

describe('Dockerfile', () => {
  let root: string;
  let image: string;

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'hearth-image-'));
    const built = join(root, 'build');
    image = join(root, 'image');
    mkdirSync(built);
    mkdirSync(image);
    copyInto(built, buildStage, '');
    installInto(built);
    execFileSync(process.execPath, ['scripts/bundle.mjs'], { cwd: built });
    copyInto(image, finalStage, built);
    makeReadOnly(image);
    chmodSync(root, 0o755);
  }, 60_000);

  afterAll(() => {
    execFileSync('chmod', ['-R', 'u+w', root]);
    rmSync(root, { recursive: true });
  });

  it('runs as a user who is not root', () => {
    expect(finalStage.find(({ keyword }) => keyword === 'USER')?.text).toBe('1000:1000');
  });

  it('leaves only what runs', () => {
    expect(readdirSync(image).toSorted()).toEqual(['dist', 'functions', 'node_modules', 'package.json', 'sdk']);
    expect(existsSync(join(image, 'node_modules/vitest'))).toBe(false);
  });

  it('holds all that a host needs: it serves, publishes, is healthy, writes to its data folder only, and ends at SIGTERM', async () => {
    const user = otherUser();
    const dataDir = join(root, 'data');
    mkdirSync(dataDir);
    if (user) chownSync(dataDir, user.uid, user.gid);
    const set = finalStage.flatMap(({ keyword, text }) => (keyword === 'ENV' ? text.split(' ') : []));
    const env = Object.fromEntries(set.map((pair) => pair.split('=')));
    expect(env).toMatchObject({ HOST: '0.0.0.0', DATA_DIR: '/data' });
    Object.assign(env, {
      HOST: '127.0.0.1',
      DATA_DIR: dataDir,
      PORT: '0',
      CONSOLE_PORT: '0',
      ADMIN_TOKEN: 'some-token',
      PATH: process.env.PATH,
    });

    const [, ...args] = readCommand('CMD');
    const host = spawn(process.execPath, args, { cwd: image, env, ...user, stdio: ['ignore', 'pipe', 'pipe'] });
    const exited = once(host, 'exit');
    const { port, consolePort } = await untilReady(host);
    const health = (): number | null => {
      const [, ...script] = readCommand('HEALTHCHECK');
      return spawnSync(process.execPath, script, { env: { ...env, CONSOLE_PORT: consolePort } }).status;
    };
    expect(health()).toBe(0);
    const published = await fetch(`http://127.0.0.1:${consolePort}/v1/functions/answer`, {
      method: 'PUT',
      headers: { authorization: 'Bearer some-token', 'content-type': 'application/json' },
      body: JSON.stringify({ source: `import axios from 'axios'; export default () => [typeof axios.get, process.getuid?.()];` }),
    });
    expect(published.status).toBe(201);
    const answer = await fetch(`http://127.0.0.1:${port}/answer`);
    expect(await answer.json()).toEqual(['function', user?.uid ?? process.getuid?.()]);
    host.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    expect(health()).toBe(1);
  }, 60_000);
});

/** Resolves with the ports of a host when it serves; rejects with what it printed when it ends before. */
function untilReady(host: ChildProcess): Promise<{ port: string; consolePort: string }> {
  let output = '';
  return new Promise((resolve, reject) => {
    const take = (chunk: Buffer): void => {
      output += chunk.toString();
      const [, port, consolePort] = /Listening to port (\d+)[^]*API and console: http:\/\/[^:]+:(\d+)/.exec(output) ?? [];
      if (port !== undefined && consolePort !== undefined) resolve({ port, consolePort });
    };
    host.stdout?.on('data', take);
    host.stderr?.on('data', take);
    host.once('exit', () => reject(new Error(output)));
  });
}
