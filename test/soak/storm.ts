import { setTimeout as sleep } from 'node:timers/promises';
import { keptFaults, provoke } from './faults.ts';
import { type Ground, repeat, type Running } from './ground.ts';

/** Faults that a worker survives, several at a time. */
export function startFaults(ground: Ground): Running {
  const running = [1, 2].map((n) => {
    const random = ground.random.fork(`faults ${n}`);
    return repeat(
      () => provoke(ground, random, random.pick(keptFaults)),
      () => random.int(300, 1_500),
    );
  });
  return { stop: async () => void (await Promise.all(running.map((one) => one.stop()))) };
}

/** Every fault that a worker survives, once: what is only made at the first time is there afterwards. */
export async function provokeEach(ground: Ground): Promise<void> {
  const random = ground.random.fork('each');
  const under: Promise<void>[] = [];
  for (const fault of keptFaults) {
    under.push(provoke(ground, random, fault));
    await sleep(150);
  }
  await Promise.all(under);
}
