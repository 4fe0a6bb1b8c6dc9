// @ts-check
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint, sources } from './inputs.mjs';
import { root } from './root.mjs';

/** The folder that the bundles are written to. */
export const dist = join(root, 'dist');

/** The bundles of control, with their entry files. Code that only some hosts need is in chunks, which are loaded on demand. */
const control = {
  main: 'runtime/main.ts',
  transfer: 'runtime/cli/transfer-command.ts',
  keeper: 'runtime/adapters/mongod/keeper.ts',
};

/** The bundles of a worker, each in one file. */
const worker = {
  worker: 'runtime/worker/process/worker-main.ts',
  watchdog: 'runtime/worker/watchdog/watchdog-thread.ts',
  'xml-thread': 'runtime/worker/triggers/http/xml-thread.ts',
};

// Functions share their globals with the host, so the bundles keep the originals, whatever functions assign.
const ownGlobals = `const { ${[
  'setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, clearImmediate, queueMicrotask, process, Buffer',
  'Promise, Object, Array, Map, Set, WeakMap, WeakSet, Symbol, Error, TypeError, String, Number, Boolean, Date, Math, JSON, Reflect',
  'Proxy, Int32Array, Uint8Array, SharedArrayBuffer, Atomics, URL, URLSearchParams, AbortController, AbortSignal, encodeURI',
  'decodeURIComponent',
].join(', ')} } = globalThis;`;

const stamp = join(dist, '.inputs');

/** Whether dist was built from exactly the current sources. */
export function isBuilt() {
  return Object.keys({ ...control, ...worker }).every((name) => existsSync(join(dist, `${name}.js`))) && read(stamp) === inputsNow();
}

/** Bundles the host into dist. Throws if a source does not compile, after esbuild has printed why. */
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
    // Otherwise esbuild's process would live as long as the host, which runs in this process.
    await stop();
  }
}

/**
 * Renames complete files into place, so that a host running from dist never reads half a file.
 *
 * @param {readonly { path: string, contents: Uint8Array }[]} files
 * @param {string} inputs
 */
function publish(files, inputs) {
  mkdirSync(dist, { recursive: true });
  for (const file of files) writeFileSync(`${file.path}.tmp`, file.contents);
  // Without its stamp, a dist with interrupted renames is rebuilt, whatever the sources are by then.
  rmSync(stamp, { force: true });
  for (const file of files) renameSync(`${file.path}.tmp`, file.path);
  writeFileSync(`${stamp}.tmp`, inputs);
  renameSync(`${stamp}.tmp`, stamp);
  const current = new Set(files.map(({ path }) => path));
  const chunks = readdirSync(dist).filter((name) => name.startsWith('chunk-'));
  for (const name of chunks) if (!current.has(join(dist, name))) rmSync(join(dist, name), { force: true });
}

/** A hash of everything that affects the bundles. */
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
