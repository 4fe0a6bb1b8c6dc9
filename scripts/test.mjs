// @ts-check
import './node.mjs';
import { join } from 'node:path';
import { runChild } from './child.mjs';
import { orFail, prepare } from './prepare.mjs';
import { root } from './root.mjs';

await orFail(async () => {
  await prepare('all');
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  process.exitCode = await runChild(process.execPath, [vitest, 'run', ...process.argv.slice(2)], { cwd: root });
});
