// @ts-check
import './node.mjs';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dist } from './build.mjs';
import { runChild } from './child.mjs';
import { orFail, prepare } from './prepare.mjs';
import { root } from './root.mjs';

// Exactly two folders below the root, as the sources are: what they find relative to themselves stays in place.
const out = join(dist, 'bench');

await orFail(async () => {
  // All that the benchmarks are made of is needed to run a host as well.
  await prepare('runtime');
  await bundleBenchmarks();
  process.exitCode = await runChild(process.execPath, [join(out, 'main.js'), ...process.argv.slice(2)], { cwd: root });
});

/** Bundles the benchmarks and the programs that they start: Node 20 does not run TypeScript. */
async function bundleBenchmarks() {
  const { build: bundle, stop } = await import('esbuild');
  try {
    const { outputFiles } = await bundle({
      absWorkingDir: root,
      entryPoints: { main: 'test/bench/main.ts', client: 'test/bench/client/main.ts', plain: 'test/bench/plain.ts' },
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
