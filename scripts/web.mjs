// @ts-check
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { dist } from './build.mjs';
import { fingerprint, sources } from './inputs.mjs';
import { root } from './root.mjs';

/** The console: a link to the folder of its last build, so that a running host keeps the files it started with. */
const web = join(dist, 'web');

/** The programs of the page, with their entry files. */
const entries = { main: 'web/main.tsx', 'editor.worker': 'web/monaco/editor.worker.ts' };

/** Milliseconds. */
const day = 86_400_000;

/** Whether dist/web was built from the current sources. */
export function isWebBuilt() {
  return existsSync(join(web, 'index.html')) && current() === folderNow();
}

/** Builds the console. Throws if a source does not compile, after esbuild has printed why. */
export async function buildWeb() {
  const { build: bundle, stop } = await import('esbuild');
  const folder = folderNow();
  const out = join(dist, folder);
  try {
    const { outputFiles, metafile } = await bundle({ ...options(out), write: false, metafile: true });
    // The first bundle's styles already include those of all chunks; esbuild does not link the others.
    const styles = new Set(
      Object.values(metafile.outputs).flatMap(({ entryPoint, cssBundle }) =>
        entryPoint === entries.main && cssBundle ? [join(root, cssBundle)] : [],
      ),
    );
    const files = outputFiles.filter(({ path }) => !path.endsWith('.css') || styles.has(path));
    const page = renderPage(metafile, relative(root, out));
    await write([...files, { path: join(out, 'index.html'), contents: Buffer.from(page) }]);
  } finally {
    await stop();
  }
  putInPlace(folder);
}

/**
 * @param {string} out
 * @returns {import('esbuild').BuildOptions}
 */
function options(out) {
  return {
    absWorkingDir: root,
    entryPoints: entries,
    outdir: out,
    entryNames: 'assets/[name]-[hash]',
    chunkNames: 'assets/[name]-[hash]',
    assetNames: 'assets/[name]-[hash]',
    publicPath: '/',
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: ['chrome120', 'firefox121', 'safari17'],
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
    loader: { '.ttf': 'file', '.woff2': 'file' },
    tsconfig: join(root, 'web/tsconfig.json'),
    legalComments: 'linked',
    logLevel: 'warning',
  };
}

/**
 * Returns the page with the URLs of the built files.
 *
 * @param {import('esbuild').Metafile} metafile
 * @param {string} out
 */
function renderPage({ outputs }, out) {
  /** @param {string} path */
  const address = (path) => `/${relative(out, path).replaceAll('\\', '/')}`;
  const head = Object.entries(outputs).flatMap(([path, { entryPoint, cssBundle, imports }]) => {
    if (entryPoint === entries['editor.worker']) return [`<meta name="editor-worker" content="${address(path)}" />`];
    if (entryPoint !== entries.main) return [];
    const preloads = imports
      .filter(({ kind }) => kind === 'import-statement')
      .map((one) => `<link rel="modulepreload" href="${address(one.path)}" />`);
    const style = cssBundle ? [`<link rel="stylesheet" href="${address(cssBundle)}" />`] : [];
    return [...style, ...preloads, `<script type="module" src="${address(path)}"></script>`];
  });
  return readFileSync(join(root, 'web/index.html'), 'utf8').replace('<!-- build: head -->', head.join('\n    '));
}

/**
 * Writes the files, with a compressed copy beside each one that benefits.
 *
 * @param {readonly { path: string, contents: Uint8Array }[]} files
 */
async function write(files) {
  const compress = promisify(gzip);
  await Promise.all(
    files.map(async ({ path, contents }) => {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, contents);
      if (contents.length > 1_000 && /\.(js|css|html|ttf)$/.test(path)) writeFileSync(`${path}.gz`, await compress(contents, { level: 9 }));
    }),
  );
}

/**
 * Points dist/web to the folder and removes builds older than a day; a host may still serve a newer one.
 *
 * @param {string} folder
 */
function putInPlace(folder) {
  const link = `${web}.new`;
  rmSync(link, { force: true, recursive: true });
  symlinkSync(process.platform === 'win32' ? join(dist, folder) : folder, link, 'junction');
  if (process.platform === 'win32') rmSync(web, { force: true, recursive: true });
  renameSync(link, web);
  for (const name of readdirSync(dist)) {
    const old = name.startsWith('web-') && name !== folder && statSync(join(dist, name)).mtimeMs < Date.now() - day;
    if (old) rmSync(join(dist, name), { recursive: true, force: true });
  }
}

/** The name of the folder dist/web points to. */
function current() {
  try {
    return basename(readlinkSync(web));
  } catch {
    return undefined;
  }
}

/** The name of the folder for the current sources. */
function folderNow() {
  return `web-${fingerprint(['package-lock.json', 'scripts/web.mjs', ...sources('web')]).slice(0, 12)}`;
}
