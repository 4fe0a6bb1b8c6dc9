import { once } from 'node:events';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createProject, type Project } from './project.ts';

let project: Project;

beforeEach(() => {
  project = createProject();
});

afterEach(() => project.remove());

/** A stand-in for npm that takes for ever and says with what it was called. */
const slowNpm = `
process.on('SIGTERM', () => { console.log('npm was told'); process.exit(1); });
setInterval(() => {}, 1000);
console.log('npm', process.argv.slice(2).join(' '));
`;

describe('start', () => {
  it('installs, builds and runs the host on a fresh clone', async () => {
    const { code, output } = await project.run('start.mjs');
    expect(output).toContain('Installing dependencies');
    expect(output).toMatch(/^first \d+$/m);
    expect(code).toBe(0);
    expect(readdirSync(join(project.root, 'dist')).toSorted()).toEqual([
      '.inputs',
      'keeper.js',
      'keeper.js.map',
      'main.js',
      'main.js.map',
      'transfer.js',
      'transfer.js.map',
      'watchdog.js',
      'watchdog.js.map',
      'web',
      expect.stringMatching(/^web-[0-9a-f]{12}$/),
      'worker.js',
      'worker.js.map',
      'xml-thread.js',
      'xml-thread.js.map',
    ]);
  });

  it("leaves out the developers' packages, and keeps those that are there", async () => {
    await project.run('start.mjs');
    expect(readdirSync(join(project.root, 'node_modules'))).not.toContain('vitest');
    await project.run('test.mjs');
    expect(readdirSync(join(project.root, 'node_modules'))).toContain('vitest');
    project.upgrade('1.0.1');
    const { output } = await project.run('start.mjs');
    expect(output).toContain('Installing dependencies');
    expect(readdirSync(join(project.root, 'node_modules'))).toContain('vitest');
  });

  it('writes nothing when all is up to date', async () => {
    await project.run('start.mjs');
    const before = times(project);
    const { output } = await project.run('start.mjs');
    expect(output).toMatch(/^first \d+\n$/);
    expect(times(project)).toEqual(before);
  });

  it('builds again when a source has changed', async () => {
    await project.run('start.mjs');
    project.write('runtime/greeting.ts', "export const greeting: string = 'second';\n");
    const { output } = await project.run('start.mjs');
    expect(output).toMatch(/^second \d+\n$/);
  });

  it('runs the host in its own process, where signals reach it', async () => {
    project.write(
      'runtime/main.ts',
      "process.once('SIGTERM', () => { console.log('drained'); clearInterval(timer); });\nconst timer = setInterval(() => {}, 1000);\nconsole.log('pid', process.pid);\n",
    );
    const host = project.start('start.mjs');
    await host.printed(`pid ${host.process.pid}`);
    host.process.kill('SIGTERM');
    const { code, output } = await host.ended;
    expect(output).toContain('drained');
    expect(code).toBe(0);
  });

  it("names the source's place in a host's stack", async () => {
    project.write('runtime/main.ts', 'interface Erased {}\nconst broken = (): Erased => { throw new Error("mapped"); };\nbroken();\n');
    const { code, output } = await project.run('start.mjs');
    expect(output).toMatch(/runtime[/\\]main\.ts:2:\d+/);
    expect(code).not.toBe(0);
  });

  it('ends with code 1 and leaves dist as it was when a source does not compile', async () => {
    await project.run('start.mjs');
    const before = project.read('dist/main.js');
    project.write('runtime/greeting.ts', 'export const greeting = ;\n');
    const { code, output } = await project.run('start.mjs');
    expect(code).toBe(1);
    expect(output).toContain('runtime/greeting.ts:1:24');
    expect(project.read('dist/main.js')).toBe(before);
  });

  it('may run several times at once on a fresh clone', async () => {
    const outcomes = await Promise.all(['a', 'b', 'c'].map(() => project.run('start.mjs')));
    expect(outcomes.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(outcomes.filter(({ output }) => output.includes('Installing dependencies'))).toHaveLength(1);
    expect(outcomes.every(({ output }) => /^first \d+$/m.test(output))).toBe(true);
  });

  it('takes over the lock of a process that is dead', async () => {
    const dead = project.start('node.mjs');
    await dead.ended;
    project.write('dist/.lock', String(dead.process.pid));
    const { code } = await project.run('start.mjs');
    expect(code).toBe(0);
    expect(existsSync(join(project.root, 'dist/.lock'))).toBe(false);
  });

  it('passes a signal on to the install and starts anew after it', async () => {
    project.write('npm-cli.js', slowNpm);
    const interrupted = project.start('start.mjs', [], { npm_execpath: join(project.root, 'npm-cli.js') });
    await interrupted.printed('npm ci');
    interrupted.process.kill('SIGTERM');
    const { signal, output } = await interrupted.ended;
    expect(output).toContain('npm was told');
    expect(signal).toBe('SIGTERM');
    expect(existsSync(join(project.root, 'dist/.lock'))).toBe(false);
    const { code } = await project.run('start.mjs');
    expect(code).toBe(0);
  });

  it('never lets npm leave out the optional packages that hold the compilers', async () => {
    project.write('npm-cli.js', slowNpm);
    const installing = project.start('start.mjs', [], { npm_execpath: join(project.root, 'npm-cli.js') });
    await installing.printed('npm ci');
    installing.process.kill('SIGTERM');
    const { output } = await installing.ended;
    expect(output).toContain('--omit=dev --include=optional');
  });

  it('says which command failed when npm fails, and ends with code 1', async () => {
    project.write('npm-cli.js', 'process.exit(7);\n');
    const { code, output } = await project.run('start.mjs', [], { npm_execpath: join(project.root, 'npm-cli.js') });
    expect(output).toContain('"npm ci" ended with code 7');
    expect(code).toBe(1);
  });

  it('refuses a Node that is too old in one line', async () => {
    project.write('package.json', JSON.stringify({ type: 'module', engines: { node: '>=99.1' } }));
    const { code, output } = await project.run('start.mjs');
    expect(output).toMatch(/^Hearth needs Node 99\.1 or newer; this is Node \S+\. See \S+\n$/);
    expect(code).toBe(1);
  });

  it('ends the host when the shell between it and npm is gone', async () => {
    project.write('runtime/main.ts', "setInterval(() => {}, 1000);\nconsole.log('pid', process.pid);\n");
    await project.run('bundle.mjs');
    project.write(
      'scripts/shell.mjs',
      "import { spawn } from 'node:child_process';\nspawn(process.execPath, [new URL('start.mjs', import.meta.url).pathname], { stdio: 'inherit' });\n",
    );
    const shell = project.start('shell.mjs', [], { npm_lifecycle_event: 'start' });
    await shell.printed('pid ');
    shell.process.kill('SIGKILL');
    // The pipes close only once the host has ended too.
    await once(shell.process, 'close');
    expect(shell.process.signalCode).toBe('SIGKILL');
  });
});

describe('test', () => {
  it("installs the developers' packages, passes its arguments on and answers with the code of the tests", async () => {
    const { code, output } = await project.run('test.mjs', ['test/kernel', '-t', 'name']);
    expect(output).toContain('run,test/kernel,-t,name');
    expect(code).toBe(3);
  });
});

/** When each file that a start may write was last written. */
function times({ root }: Project): readonly (readonly [string, number])[] {
  return ['dist', 'node_modules']
    .flatMap((folder) => [folder, ...readdirSync(join(root, folder)).map((name) => join(folder, name))])
    .map((path) => [path, statSync(join(root, path)).mtimeMs] as const);
}
