// @ts-check
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint, sources } from './inputs.mjs';
import { root } from './root.mjs';

/** The folder that the bundles are written to. */
export const dist = join(root, 'dist');

/** Each bundle of control, with the file it begins at. What only some hosts need is in chunks, read when it is needed. */
const control = {
  main: 'runtime/main.ts',
  transfer: 'runtime/cli/transfer.ts',
  keeper: 'runtime/adapters/mongod/keeper.ts',
};

/** Each bundle of a worker, all of it in one file. */
const worker = {
  worker: 'runtime/worker/process/main.ts',
  watchdog: 'runtime/worker/watchdog/main.ts',
};

// Functions share their globals with the host: it keeps those it was started with, whatever they assign.
const ownGlobals = `const { ${[
  'setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, clearImmediate, queueMicrotask, process, Buffer',
  'Promise, Object, Array, Map, Set, WeakMap, WeakSet, Symbol, Error, TypeError, String, Number, Boolean, Date, Math, JSON, Reflect',
  'Proxy, Int32Array, Uint8Array, SharedArrayBuffer, Atomics, URL, URLSearchParams, AbortController, AbortSignal, encodeURI',
  'decodeURIComponent',
].join(', ')} } = globalThis;`;

const stamp = join(dist, '.inputs');

/** Whether dist holds the bundles of exactly the sources that are there now. */
export function isBuilt() {
  return Object.keys({ ...control, ...worker }).every((name) => existsSync(join(dist, `${name}.js`))) && read(stamp) === inputsNow();
}

/** Bundles the host into dist; throws when a source does not compile, after esbuild has printed why. */
export async function build() {
  const { build: bundle, stop } = await import('esbuild');
  const inputs = inputsNow();
  try {
    /** @satisfies {import('esbuild').BuildOptions} */
    const options = {
      absWorkingDir: root,
      outdir: dist,
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      packages: 'external',
      sourcemap: 'linked',
      sourcesContent: false,
      logLevel: 'warning',
      banner: { js: ownGlobals },
      chunkNames: 'chunk-[hash]',
    };
    const built = await Promise.all([
      bundle({ ...options, entryPoints: control, splitting: true }),
      bundle({ ...options, entryPoints: worker }),
    ]);
    publish(
      built.flatMap(({ outputFiles }) => outputFiles),
      inputs,
    );
  } finally {
    // Its process would otherwise live as long as the host that this process becomes.
    await stop();
  }
}

/**
 * Puts the files in place whole: a host that runs from dist never reads half a file.
 *
 * @param {readonly { path: string, contents: Uint8Array }[]} files
 * @param {string} inputs
 */
function publish(files, inputs) {
  mkdirSync(dist, { recursive: true });
  for (const file of files) writeFileSync(`${file.path}.tmp`, file.contents);
  // Without its stamp a dist whose renames were cut short is built again, whatever the sources are by then.
  rmSync(stamp, { force: true });
  for (const file of files) renameSync(`${file.path}.tmp`, file.path);
  writeFileSync(`${stamp}.tmp`, inputs);
  renameSync(`${stamp}.tmp`, stamp);
  const current = new Set(files.map(({ path }) => path));
  const chunks = readdirSync(dist).filter((name) => name.startsWith('chunk-'));
  for (const name of chunks) if (!current.has(join(dist, name))) rmSync(join(dist, name), { force: true });
}

/** A hash of all that decides what the bundles hold. */
function inputsNow() {
  return fingerprint(['package-lock.json', 'tsconfig.json', 'scripts/build.mjs', ...sources('runtime'), ...sources('sdk')]);
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
