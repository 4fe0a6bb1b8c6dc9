import { measureThroughput } from './throughput.ts';

/** What the process is sent, which does the same as `test/bench/peers/autocannon.mjs` where that is not installed. */
interface RequestsJob {
  readonly url: string;
  readonly body?: string;
  readonly connections: number;
  /** Milliseconds. */
  readonly duration: number;
}

async function load({ url, ...job }: RequestsJob): Promise<object> {
  const { port, pathname: path } = new URL(url);
  const before = process.cpuUsage();
  const counted = await measureThroughput({ kind: 'http', port: Number(port), path, ...job });
  const { user, system } = process.cpuUsage(before);
  return { ...counted, busy: (user + system) / 1_000 / counted.took };
}

process.on('message', (job: RequestsJob) => {
  load(job).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: error instanceof Error ? error.message : String(error) }),
  );
});
// Nobody else would end it.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
