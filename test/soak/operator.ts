import { setTimeout as sleep } from 'node:timers/promises';
import { bombNames, provokeBomb, provokeStuck } from './faults.ts';
import { api, type Ground, repeat, type Running } from './ground.ts';
import { workersOf } from './processes.ts';

/** What an operator does to the workers, and what functions do that ends them. */
const disruptions: readonly ((ground: Ground) => Promise<void>)[] = [
  restart,
  hangUp,
  killServing,
  killStandby,
  provokeStuck,
  provokeStuck,
  ...bombNames.map((name) => (ground: Ground) => provokeBomb(ground, name)),
];

/** Milliseconds for whatever takes the place of a worker. */
const patience = 30_000;

/** The pid of the worker that serves, once there is one. */
export async function servingPid(ground: Pick<Ground, 'host'>, other?: number): Promise<number> {
  const until = Date.now() + patience;
  for (;;) {
    const { worker } = (await api(ground, 'GET', '/v1/status')).json;
    if (worker.state === 'serving' && worker.pid !== other) return worker.pid;
    if (Date.now() > until) throw new Error(`no other worker serves after ${patience} ms: ${JSON.stringify(worker)}`);
    await sleep(50);
  }
}

/** Replaces the worker as an operator does. */
export async function restart(ground: Ground): Promise<void> {
  const former = await servingPid(ground);
  const end = ground.journal.begin('operator: restart');
  const answer = await api(ground, 'POST', '/v1/worker/restart');
  if (answer.status !== 204) ground.journal.wrong(`restart: ${answer.status} ${answer.text}`);
  await servingPid(ground, former);
  end();
}

async function hangUp(ground: Ground): Promise<void> {
  const former = await servingPid(ground);
  const end = ground.journal.begin('operator: SIGHUP');
  ground.host.process.kill('SIGHUP');
  await servingPid(ground, former);
  end();
}

async function killServing(ground: Ground): Promise<void> {
  const former = await servingPid(ground);
  const end = ground.journal.begin('operator: kill');
  process.kill(former, 'SIGKILL');
  await servingPid(ground, former);
  end();
}

async function killStandby(ground: Ground): Promise<void> {
  const serving = await servingPid(ground);
  const standby = workersOf(ground.host.process.pid ?? 0).find(({ pid }) => pid !== serving);
  if (!standby) return;
  const end = ground.journal.begin('operator: kill-standby');
  process.kill(standby.pid, 'SIGKILL');
  end();
}

/** One disruption after another: all of them in a random order, then all of them in another one. */
export function startDisruptions(given: Ground): Running {
  const ground = { ...given, random: given.random.fork('disruptions') };
  let deck: ((ground: Ground) => Promise<void>)[] = [];
  return repeat(
    async () => {
      if (deck.length === 0) deck = [...disruptions];
      const [act] = deck.splice(ground.random.int(0, deck.length - 1), 1);
      await act?.(ground);
    },
    () => ground.random.int(1_500, 4_500),
  );
}
