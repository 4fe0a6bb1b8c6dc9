import { fileURLToPath } from 'node:url';
import { announce, endWithParent } from './announce.mjs';
import { freePort, isListening } from './ports.mjs';

/** The framework's own command, in this process: it takes a port and does not tell one. */
const port = await freePort();
const source = fileURLToPath(new URL('function.cjs', import.meta.url));
process.argv.push('--target=bench', '--signature-type=http', `--source=${source}`, `--port=${port}`);
endWithParent();
await import('./node_modules/@google-cloud/functions-framework/build/src/main.js');
await isListening(port);
announce(port);
