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
// In this very process: a signal sent to it reaches the host, not something that stands before it.
await import(pathToFileURL(join(dist, 'main.js')).href);
