import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import workerd from 'workerd';
import { announce, endWithParent } from './announce.mjs';

/** Starts the program, which tells by descriptor 3 where it listens, and ends it with the benchmark. */
const config = fileURLToPath(new URL('workerd.capnp', import.meta.url));
const child = spawn(workerd.default, ['serve', '--control-fd=3', config], { stdio: ['ignore', 'inherit', 'inherit', 'pipe'] });
endWithParent(async () => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
});
child.once('exit', () => {
  if (process.connected) process.disconnect();
});

const [, , , control] = child.stdio;
for await (const line of createInterface({ input: control })) {
  const message = JSON.parse(line);
  if (message.event === 'listen') announce(message.port, child.pid);
}
