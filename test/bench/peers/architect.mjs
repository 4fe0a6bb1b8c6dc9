import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sandbox from '@architect/sandbox';
import { announce, endWithParent } from './announce.mjs';
import { freePort } from './ports.mjs';

/**
 * Architect's sandbox: an emulator to develop with, which starts a process for each event. Its project is
 * written to a folder of its own, since the sandbox writes into it.
 */
const connected = `exports.handler = async () => ({ statusCode: 200 });\n`;
const message = `
const http = require('node:http');
exports.handler = async (event) => {
  const { ports } = JSON.parse(process.env.ARC_SANDBOX);
  const path = '/_arc/ws/@connections/' + event.requestContext.connectionId;
  await new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port: ports._arc, path, method: 'POST' }, (answer) => {
      answer.resume();
      answer.on('end', resolve);
    });
    request.on('error', reject);
    request.end(event.body);
  });
  return { statusCode: 200 };
};
`;

const dir = await mkdtemp(join(tmpdir(), 'hearth-bench-'));
await writeFile(join(dir, 'app.arc'), '@app\nbench\n\n@ws\n\n@aws\nruntime nodejs20.x\n');
for (const [name, source] of Object.entries({ connect: connected, default: message, disconnect: connected })) {
  await mkdir(join(dir, 'src/ws', name), { recursive: true });
  await writeFile(join(dir, 'src/ws', name, 'index.js'), source);
}
endWithParent(() => rm(dir, { recursive: true, force: true }));
// Without any it would look for credentials beyond this machine.
process.env['AWS_ACCESS_KEY_ID'] = 'none';
process.env['AWS_SECRET_ACCESS_KEY'] = 'none';
process.env['ARC_INTERNAL_PORT'] = String(await freePort());
const port = await freePort();
await sandbox.start({ cwd: dir, port, host: '127.0.0.1', quiet: true, watcher: false });
announce(port);
