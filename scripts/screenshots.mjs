// @ts-check
import './node.mjs';
import { runBundled } from './bundled.mjs';

await runBundled({ folder: 'screenshots', entries: { main: 'test/browser/screenshots.ts' }, scope: 'all' });
