// @ts-check
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dist } from './build.mjs';
import { runChild } from './child.mjs';
import { orFail, prepare } from './prepare.mjs';
import { root } from './root.mjs';

/**
 * @typedef {object} Program
 * @property {string} folder below dist, where its bundles are put
 * @property {Record<string, string>} entries its sources by the names of their bundles; `main` is the one that runs
 * @property {import('./install.mjs').Scope} scope what it needs to be installed
 */

/**
 * Runs a program that is written in TypeScript, which Node 20 does not run by itself, with this command's
 * arguments, against the host as it is built now. Its exit code becomes this process's.
 *
 * @param {Program} program
 */
export async function runBundled({ folder, entries, scope }) {
  await orFail(async () => {
    await prepare(scope);
    // Exactly two folders below the root, as the sources are: what they find relative to themselves stays in place.
    const out = join(dist, folder);
    await bundle(entries, out);
    process.exitCode = await runChild(process.execPath, [join(out, 'main.js'), ...process.argv.slice(2)], { cwd: root });
  });
}

/**
 * @param {Record<string, string>} entryPoints
 * @param {string} outdir
 */
async function bundle(entryPoints, outdir) {
  const { build, stop } = await import('esbuild');
  try {
    const { outputFiles } = await build({
      absWorkingDir: root,
      entryPoints,
      outdir,
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      packages: 'external',
      logLevel: 'warning',
    });
    mkdirSync(outdir, { recursive: true });
    for (const { path, contents } of outputFiles) {
      // Whole or not at all: another run may be starting from the same folder.
      writeFileSync(`${path}.${process.pid}.tmp`, contents);
      renameSync(`${path}.${process.pid}.tmp`, path);
    }
  } finally {
    await stop();
  }
}
