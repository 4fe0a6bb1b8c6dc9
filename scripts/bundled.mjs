// @ts-check
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dist } from './build.mjs';
import { runChild } from './child.mjs';
import { orFail, prepare } from './prepare.mjs';
import { root } from './root.mjs';

/**
 * @typedef {object} Program
 * @property {string} folder the folder in dist for its bundles
 * @property {Record<string, string>} entries its sources, by the names of their bundles; `main` is the one that runs
 * @property {import('./install.mjs').Scope} scope the packages it needs
 */

/**
 * Bundles and runs a TypeScript program, because Node 20 cannot run TypeScript, with this command's
 * arguments and the current build of the host. Its exit code becomes this process's.
 *
 * @param {Program} program
 */
export async function runBundled({ folder, entries, scope }) {
  await orFail(async () => {
    await prepare(scope);
    // Exactly two folders below the root, like the sources, so that their relative paths still work.
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
      // By rename, because another run may be starting from the same folder.
      writeFileSync(`${path}.${process.pid}.tmp`, contents);
      renameSync(`${path}.${process.pid}.tmp`, path);
    }
  } finally {
    await stop();
  }
}
