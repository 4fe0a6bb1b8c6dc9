// @ts-check
import './node.mjs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { dist } from './build.mjs';
import { orFail, prepare } from './prepare.mjs';

await orFail(async () => {
  await prepare('runtime');
  const { importApp } = await import(pathToFileURL(join(dist, 'transfer.js')).href);
  await importApp(process.argv.slice(2));
});
