// @ts-check
import './node.mjs';
import { runBundled } from './bundled.mjs';

await runBundled({
  folder: 'bench',
  entries: { main: 'test/bench/main.ts', client: 'test/bench/client/main.ts', plain: 'test/bench/plain.ts' },
  // All that the benchmarks are made of is needed to run a host as well.
  scope: 'runtime',
});
