// @ts-check
import './node.mjs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { dist } from './build.mjs';
import { endWithNpm } from './orphan.mjs';
import { orFail, prepare } from './prepare.mjs';

endWithNpm();
await orFail(() => prepare('runtime'));
process.setSourceMapsEnabled(true);
// In this process, so that a signal sent to it reaches the host directly.
await import(pathToFileURL(join(dist, 'main.js')).href);
