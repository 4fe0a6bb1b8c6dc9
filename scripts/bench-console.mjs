// @ts-check
import './node.mjs';
import { runBundled } from './bundled.mjs';

await runBundled({ folder: 'bench-console', entries: { main: 'test/browser/bench.ts' }, scope: 'all' });
