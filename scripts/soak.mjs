// @ts-check
import './node.mjs';
import { runBundled } from './bundled.mjs';

await runBundled({ folder: 'soak', entries: { main: 'test/soak/main.ts', probe: 'test/soak/probe.ts' }, scope: 'runtime' });
