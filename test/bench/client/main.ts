import type { JobMessage, JobName, JobOf, Outcome, ResultOf } from '../jobs.ts';
import { Audience } from './audience.ts';
import { measureLatency } from './latency.ts';
import { Load } from './load.ts';
import { Pushes } from './push.ts';
import { watchTakeover } from './takeover.ts';
import { measureThroughput } from './throughput.ts';

type Doers = { [N in JobName]: (job: JobOf<N>) => Promise<ResultOf<N>> };

const audience = new Audience();
let load = new Load();
const pushes = new Pushes();

const doers: Doers = {
  throughput: measureThroughput,
  latency: measureLatency,
  users: (job) => pushes.connect(job),
  push: (job) => pushes.push(job),
  load: (job) => {
    load = new Load();
    return load.start(job);
  },
  settle: () => load.settle(),
  gather: (job) => audience.gather(job),
  talk: () => audience.talk(),
  leave: () => audience.leave(),
  drop: () => audience.drop(),
  listen: async (job) => audience.listen(job),
  heard: () => audience.heard(),
  hear: (job) => audience.hear(job),
  kill: watchTakeover,
};

async function work<N extends JobName>({ name, job }: JobMessage<N>): Promise<Outcome> {
  try {
    const doer: Doers[N] = doers[name];
    return { result: (await doer(job)) ?? null };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

process.on('message', (message: JobMessage) => {
  void work(message).then((outcome) => process.send?.(outcome));
});
// Nobody else would end it.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
