import { vi } from 'vitest';
import { TestHost } from '../scenario/host.ts';
import { Bystanders, bystanderFunctions, type Noticed } from './bystanders.ts';
import type { Fault } from './catalogue/fault.ts';
import { Scene } from './scene.ts';

/** Short, so that a test does not take long; the published figures are those of the defaults. */
const limits: Readonly<Record<string, string>> = process.env['FAULTS_DEFAULTS']
  ? {}
  : { FUNCTION_CPU_LIMIT_MS: '300', WORKER_STUCK_MS: '900' };

/** The worker, as the host's status shows it. */
export interface WorkerStatus {
  readonly pid: number;
  readonly state: string;
  readonly restarts: number;
  readonly lastCrash: CrashSummary | null;
}

/** What the report on a lost worker says in short. */
export interface CrashSummary {
  readonly id: string;
  readonly message: string;
  readonly place?: { readonly function: string; readonly line?: number };
  readonly quarantined: boolean;
}

/** What a fault has done. */
export interface Observation {
  /** What whoever provoked it saw. */
  readonly seen: string;
  /** What those saw who called something else meanwhile. */
  readonly noticed: Noticed;
  /** The line of the log that was expected; undefined when none came. */
  readonly log: string | undefined;
  readonly before: WorkerStatus;
  readonly after: WorkerStatus;
  /** The newest report of the list. */
  readonly newestCrash: string | undefined;
  /** What the function that is named answers from then on; undefined when none is. */
  readonly blamedAnswers: string | undefined;
  /** Whether a change goes live afterwards, as `live`, or why it does not. */
  readonly publish: string;
}

/** Starts a host with the functions that bystanders use. */
export async function startHost(env: Readonly<Record<string, string>>): Promise<TestHost> {
  const host = await TestHost.start({ env: { ...limits, ...env } });
  for (const [name, source] of Object.entries(bystanderFunctions)) await host.publish(name, source);
  return host;
}

/** Provokes a fault beside good traffic, and answers what everybody saw. */
export async function witness(host: TestHost, { id, source, prepare, provoke, log }: Fault): Promise<Observation> {
  const scene = new Scene(host, id);
  if (source !== undefined) await host.publish(id, source);
  await prepare?.(scene);
  await scene.untilReady();
  const before = await workerOf(host);
  const since = Date.now();
  await using bystanders = await Bystanders.start(host.port);
  const seen = await (provoke ? provoke(scene) : scene.call());
  await bystanders.everybodyAnswered();
  const noticed = await bystanders.stop();
  const line = log && (await findLog(host, log, since));
  const after = await workerOf(host);
  const { crashes } = (await host.api('GET', '/v1/crashes')).json;
  const blamed = after.lastCrash?.place?.function;
  const blamedAnswers = blamed === undefined ? undefined : await scene.call(`/${blamed}`);
  const publish = await publishAgain(scene);
  if (source !== undefined) await host.api('DELETE', `/v1/functions/${id}`);
  return { seen, noticed, log: line, before, after, newestCrash: crashes[0]?.id, blamedAnswers, publish };
}

async function publishAgain(scene: Scene): Promise<string> {
  const published = await scene.publish('fine', bystanderFunctions['fine'] ?? '');
  const answer = await scene.call('/fine');
  return published === '200' && answer === '200 fine' ? 'live' : `publish: ${published}, call: ${answer}`;
}

async function workerOf(host: TestHost): Promise<WorkerStatus> {
  return (await host.api('GET', '/v1/status')).json.worker;
}

/** Waits for a line like that; answers undefined when it does not come. */
async function findLog(host: TestHost, expected: RegExp, since: number): Promise<string | undefined> {
  let found: string | undefined;
  const look = async (): Promise<boolean> => {
    const { logs } = (await host.api('GET', `/v1/logs?since=${since}&limit=2000`)).json;
    const lines: readonly string[] = logs.map(showRecord);
    found = lines.find((line) => expected.test(line));
    return found !== undefined;
  };
  await vi.waitUntil(look, { timeout: 5_000, interval: 20 }).catch(() => {});
  return found;
}

interface ShownRecord {
  readonly level: string;
  readonly message: string;
  readonly function?: string;
  readonly line?: number;
}

function showRecord({ level, message, function: name, line }: ShownRecord): string {
  const place = name === undefined ? '' : `${name}${line === undefined ? '' : `:${line}`}: `;
  return `${level}: ${place}${message.slice(0, 400)}`;
}
