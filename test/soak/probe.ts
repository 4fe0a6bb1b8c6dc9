import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import v8 from 'node:v8';
import vm from 'node:vm';

// Loaded into control by NODE_OPTIONS: at SIGUSR2 it collects garbage and writes down what is left.
v8.setFlagsFromString('--expose-gc');
const gc = vm.runInNewContext('gc') as () => void;
const file = process.env['SOAK_PROBE'] ?? '';

async function write(): Promise<void> {
  for (let round = 0; round < 4; round++) {
    gc();
    await sleep(20);
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  writeFileSync(file, JSON.stringify({ heapUsed, external, rss, resources: process.getActiveResourcesInfo() }));
}

process.on('SIGUSR2', () => void write());
