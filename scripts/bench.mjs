// @ts-check
import './node.mjs';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runBundled } from './bundled.mjs';
import { Interrupted, runChild } from './child.mjs';
import { withLock } from './lock.mjs';
import { orFail } from './prepare.mjs';
import { root } from './root.mjs';

/** The servers that Hearth is compared with are a package of their own, because nothing else needs them. */
const peers = join(root, 'test/bench/peers');
const besidePeers = ['http', 'ws'];

await orFail(installPeers);
await runBundled({
  folder: 'bench',
  entries: {
    main: 'test/bench/main.ts',
    client: 'test/bench/client/main.ts',
    echo: 'test/bench/client/echo.ts',
    requests: 'test/bench/client/requests.ts',
    plain: 'test/bench/plain.ts',
  },
  // The other benchmarks need no more than a host does.
  scope: 'runtime',
});

/** Installs the peers if a requested benchmark needs them; without them, the others still run. */
async function installPeers() {
  const args = process.argv.slice(2);
  const named = args.filter((arg) => !arg.startsWith('--'));
  const isNeeded = named.length === 0 || named.some((name) => besidePeers.includes(name));
  // The tests use the tiny form, and must not change anything on the machine.
  if (!isNeeded || args.includes('--tiny') || arePeersInstalled()) return;
  await withLock(join(root, 'dist/.peers.lock'), {
    onWait: () => console.error('Another run is installing the peers. Waiting for it …'),
    work: async () => {
      if (arePeersInstalled()) return;
      console.error('Installing the servers that Hearth is compared with, about 220 MB, in test/bench/peers (once) …');
      const code = await npmInstall();
      if (code === 0) return;
      const names = besidePeers.join(' and ');
      console.error(`The peers could not be installed; see npm's reason above. ${names} compare with the servers that are there.`);
    },
  });
}

/** Whether the peers' node_modules matches their lockfile, judged by npm's own record in it. */
function arePeersInstalled() {
  const record = join(peers, 'node_modules/.package-lock.json');
  if (!existsSync(record)) return false;
  const present = packagesIn(record);
  const wanted = Object.entries(packagesIn(join(peers, 'package-lock.json')));
  // npm decides which optional packages suit the machine.
  return wanted.every(([path, { version, optional }]) => path === '' || optional === true || present[path]?.version === version);
}

/**
 * @param {string} file
 * @returns {Record<string, { version?: string, optional?: boolean }>}
 */
function packagesIn(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages;
}

/** Returns npm's exit code. Without a network it gives up soon. */
async function npmInstall() {
  // Not "npm ci": it refuses a lockfile without the binaries for other machines, and not every registry has them all.
  const args = ['install', '--no-save', '--include=optional', '--fetch-retries=1', '--fetch-retry-mintimeout=1000', '--prefix', peers];
  const cli = process.env['npm_execpath'];
  try {
    if (cli?.endsWith('npm-cli.js')) return await runChild(process.execPath, [cli, ...args], { cwd: root });
    return await runChild('npm', args, { cwd: root, shell: process.platform === 'win32' });
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    console.error(error instanceof Error ? error.message : error);
    return 1;
  }
}
