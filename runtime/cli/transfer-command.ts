import { createReadStream, createWriteStream } from 'node:fs';
import { readFile, rename, rm } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createGzip } from 'node:zlib';
import { z } from 'zod';
import { createBuilder } from '../build/builder.ts';
import { type Config, readConfig } from '../control/host/config.ts';
import { HearthError, messageOf } from '../kernel/errors.ts';
import { answers } from '../control/api/responses.ts';
import type { ImportOptions, ImportReport } from '../control/app/transfer/import-report.ts';
import { importInto } from '../control/app/transfer/importer.ts';
import { type AppPlace, findApp } from './find-app.ts';
import { readExport } from '../control/app/transfer/export-reader.ts';
import { exportFrom } from '../control/app/transfer/transfer.ts';

// As the bundle lies in dist/.
const root = new URL('../', import.meta.url);
const keeper = fileURLToPath(new URL('dist/keeper.js', root));

const options = {
  'with-secret': { type: 'boolean', default: false },
  replace: { type: 'boolean', default: false },
  publish: { type: 'boolean', default: false },
} as const;

const usage = {
  export: 'npm run export -- FILE [--with-secret]',
  import: 'npm run import -- FILE [--replace | --publish] [--with-secret]',
} as const;

/** `npm run export`: writes the app of this environment into a file, readable by its owner only. Rejects with one plain sentence. */
export async function exportApp(args: readonly string[]): Promise<void> {
  await plainly(async () => {
    const { file, secret } = readArgs(args, 'export');
    const config = readConfig(process.env, process.cwd());
    const place = await findApp({ config, keeper, make: false, say });
    const part = `${file}.${process.pid}.part`;
    try {
      const written = await usePlace(place, async () => writeFile(part, await openExport(place, config, secret)));
      await rename(part, file);
      say(
        `exported ${written.functions} functions with ${written.revisions} revisions to ${file}${secret ? ', with the secret: keep the file safe' : ''}`,
      );
    } finally {
      await rm(part, { force: true });
    }
  });
}

/** `npm run import`: takes the app in a file over into the one of this environment. Rejects with one plain sentence. */
export async function importApp(args: readonly string[]): Promise<void> {
  await plainly(async () => {
    const { file, ...how } = readArgs(args, 'import');
    const config = readConfig(process.env, process.cwd());
    // Before anything is opened, or made: a wrong name is the likeliest mistake.
    const source = createReadStream(file);
    await new Promise((resolve, reject) => source.once('open', resolve).once('error', reject));
    const place = await findApp({ config, keeper, make: true, say });
    const report = await usePlace(place, () =>
      'api' in place ? postImport(place, source, how) : importHere(place, { source, how, config }),
    );
    tell(report);
  });
}

async function usePlace<T>(place: AppPlace, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    if ('storage' in place) await place.storage.close();
  }
}

function readArgs(args: readonly string[], command: keyof typeof usage): ImportOptions & { readonly file: string } {
  const { values, positionals } = parse(args, command);
  const [file] = positionals;
  const both = values.replace && values.publish;
  if (file === undefined || positionals.length > 1 || both || (command === 'export' && (values.replace || values.publish)))
    throw new Error(`Usage: ${usage[command]}`);
  return { file, secret: values['with-secret'], mode: values.replace ? 'replace' : values.publish ? 'publish' : 'refuse' };
}

function parse(args: readonly string[], command: keyof typeof usage) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new Error(`${messageOf(error)}\nUsage: ${usage[command]}`, { cause: error });
  }
}

/** A sentence for a terminal in place of a stack. */
async function plainly(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw error instanceof HearthError ? new Error(`${error.code}: ${error.message}`, { cause: error }) : error;
  }
}

function say(message: string): void {
  process.stdout.write(`${message}\n`);
}

async function openExport(place: AppPlace, config: Config, secret: boolean): Promise<Readable> {
  const { id: appId, serverSecret } = config.app;
  if ('storage' in place) return exportFrom(place.storage.store, { version: await versionOfHost(), appId, serverSecret }, secret);
  const response = await request(place, `/v1/export?secret=${secret}`);
  return Readable.from(response.body ?? []);
}

async function versionOfHost(): Promise<string> {
  return z.object({ version: z.string() }).parse(JSON.parse(await readFile(new URL('package.json', root), 'utf8'))).version;
}

/** Writes an export; resolves to what is in it once the file has been read back, which shows that it is whole. */
async function writeFile(file: string, body: Readable): Promise<{ functions: number; revisions: number }> {
  const target = createWriteStream(file, { mode: 0o600, flags: 'wx', flush: true });
  const packed = /\.gz\.\d+\.part$/.test(file) ? [createGzip()] : [];
  await pipeline([body, progress('exported'), ...packed, target]);
  const { functions } = await readExport(createReadStream(file), Number.MAX_SAFE_INTEGER, 'drop');
  return { functions: functions.length, revisions: functions.reduce((sum, { revisions }) => sum + revisions.length, 0) };
}

const mebibyte = 1024 * 1024;

/** Lets bytes through, and tells of each further 16 MiB. */
function progress(done: string): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Uint8Array, _encoding, callback) {
      const before = Math.floor(bytes / (16 * mebibyte));
      bytes += chunk.length;
      if (Math.floor(bytes / (16 * mebibyte)) > before) say(`${done} ${Math.floor(bytes / mebibyte)} MiB …`);
      callback(null, chunk);
    },
  });
}

interface ImportHere {
  readonly source: Readable;
  readonly how: ImportOptions;
  readonly config: Config;
}

async function importHere(place: AppPlace, { source, how, config }: ImportHere): Promise<ImportReport> {
  if (!('storage' in place)) throw new Error('There is no store to import into.');
  const app = await readExport(source.pipe(progress('read')), Number.MAX_SAFE_INTEGER);
  const builder = createBuilder({ guards: config.app.limits.cpuTime > 0 });
  try {
    say(`compiling and writing ${app.functions.length} functions …`);
    return await importInto({ store: place.storage.store, builder }, app, how);
  } finally {
    await builder.close();
  }
}

async function postImport(
  place: { readonly api: string; readonly token: string },
  source: Readable,
  how: ImportOptions,
): Promise<ImportReport> {
  const body = Readable.toWeb(source.pipe(progress('sent')));
  const response = await request(place, `/v1/import?mode=${how.mode}&secret=${how.secret}`, { method: 'POST', body, duplex: 'half' });
  return answers.Imported.parse(await response.json());
}

const refusal = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

async function request(
  { api, token }: { readonly api: string; readonly token: string },
  path: string,
  init: RequestInit = {},
): Promise<Response> {
  const response = await fetch(api + path, { ...init, headers: { authorization: `Bearer ${token}` } }).catch((error: unknown) => {
    const cause = error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error);
    throw new Error(`The host's API at ${api} cannot be reached (${cause}). Set HOST and CONSOLE_PORT to the host's values.`, {
      cause: error,
    });
  });
  if (response.ok) return response;
  const { data } = refusal.safeParse(await response.json().catch(() => undefined));
  throw new Error(data ? `${data.error.code}: ${data.error.message}` : `The host's API at ${api} answered ${response.status}.`);
}

function tell({ functions, revisions, diagnostics, secret }: ImportReport): void {
  for (const { function: name, line, column, message } of diagnostics)
    say(`${name}.ts:${line}:${column}: ${message} (imported, but it does not load)`);
  const counts = (['added', 'replaced', 'published', 'unchanged'] as const).flatMap((outcome) => {
    const count = functions.filter((one) => one.outcome === outcome).length;
    return count > 0 ? [`${count} ${outcome}`] : [];
  });
  say(`imported ${functions.length} functions (${counts.join(', ') || 'none'}), ${revisions} revisions written`);
  if (secret === 'left') say('the secret that signs tokens is in the file but was not imported: pass --with-secret to import it');
  if (secret === 'taken') say('the secret was imported: to use it, restart each host with SERVER_SECRET unset');
}
