// @ts-check
import './node.mjs';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dist } from './build.mjs';
import { runChild } from './child.mjs';
import { orFail, prepare } from './prepare.mjs';
import { root } from './root.mjs';

// Exactly two folders below the root, as the sources are: what they find relative to themselves stays in place.
const out = join(dist, 'soak');

await orFail(async () => {
  await prepare('runtime');
  await bundleSoak();
  process.exitCode = await runChild(process.execPath, [join(out, 'main.js'), ...process.argv.slice(2)], { cwd: root });
});

/** Bundles the soak and what it loads into control: Node 20 does not run TypeScript. */
async function bundleSoak() {
  const { build: bundle, stop } = await import('esbuild');
  try {
    const { outputFiles } = await bundle({
      absWorkingDir: root,
      entryPoints: { main: 'test/soak/main.ts', probe: 'test/soak/probe.ts' },
      outdir: out,
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      packages: 'external',
      logLevel: 'warning',
    });
    mkdirSync(out, { recursive: true });
    for (const file of outputFiles) {
      // Whole or not at all: another run may be starting from the same folder.
      writeFileSync(`${file.path}.${process.pid}.tmp`, file.contents);
      renameSync(`${file.path}.${process.pid}.tmp`, file.path);
    }
  } finally {
    await stop();
  }
}
