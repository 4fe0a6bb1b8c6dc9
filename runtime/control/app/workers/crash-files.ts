import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../../kernel/errors.ts';
import type { CrashReport } from './crash-report.ts';

const reportsLimit = 50;

const fileShape = /^[\w-]+\.json$/;

/** Keeps crash reports in a folder, a file each, so that they outlive the host. */
export class CrashFiles {
  readonly #dir: string;
  readonly #onError: (message: string) => void;
  #reports: readonly CrashReport[];
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(dir: string, reports: readonly CrashReport[], onError: (message: string) => void) {
    this.#dir = dir;
    this.#reports = reports;
    this.#onError = onError;
  }

  /** Reads the reports in the folder, which is made if need be. `onError` is told what could not be kept. */
  static async open(dir: string, onError: (message: string) => void): Promise<CrashFiles> {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const files = (await readdir(dir)).filter((file) => fileShape.test(file)).toSorted();
    const reports = await Promise.all(files.map((file) => read(join(dir, file))));
    return new CrashFiles(
      dir,
      reports.filter((report) => report !== undefined),
      onError,
    );
  }

  list(): readonly CrashReport[] {
    return this.#reports.toReversed();
  }

  get(id: string): CrashReport | undefined {
    return this.#reports.find((report) => report.id === id);
  }

  /** Keeps a report; the oldest beyond fifty go. Never throws, and nobody waits for the disk. */
  add(report: CrashReport): void {
    const all = [...this.#reports, report];
    const dropped = all.splice(0, Math.max(0, all.length - reportsLimit));
    this.#reports = all;
    this.#writing = this.#writing
      .then(() => this.#write(report, dropped))
      .catch((error: unknown) => this.#onError(`A crash report could not be written: ${messageOf(error)}`));
  }

  async close(): Promise<void> {
    await this.#writing;
  }

  async #write(report: CrashReport, dropped: readonly CrashReport[]): Promise<void> {
    await writeFile(this.#file(report), JSON.stringify(report), { mode: 0o600 });
    for (const old of dropped) await rm(this.#file(old), { force: true });
  }

  #file({ id }: CrashReport): string {
    return join(this.#dir, `${id}.json`);
  }
}

/** A report as it was written; undefined for a file that was cut short. */
async function read(file: string): Promise<CrashReport | undefined> {
  try {
    const parsed: unknown = JSON.parse(await readFile(file, 'utf8'));
    return isReport(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** Only this host writes into its folder, whole objects under their ids. */
function isReport(value: unknown): value is CrashReport {
  return typeof value === 'object' && value !== null && 'id' in value && 'at' in value && 'cause' in value && 'logs' in value;
}
