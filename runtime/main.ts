import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readConfig } from './control/host/config.ts';
import { type Control, startControl } from './control/host/host.ts';
import { createTerminalLog } from './control/logs/terminal-log.ts';
import { HearthError, messageOf } from './kernel/errors.ts';

const root = new URL('../', import.meta.url);

function versionOf(manifest: string): string {
  const parsed: unknown = JSON.parse(manifest);
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed ? String(parsed.version) : 'unknown';
}

async function main(): Promise<void> {
  const config = readConfig(process.env, process.cwd());
  const control = await startControl(
    config,
    {
      version: versionOf(readFileSync(new URL('package.json', root), 'utf8')),
      worker: fileURLToPath(new URL('dist/worker.js', root)),
      keeper: fileURLToPath(new URL('dist/keeper.js', root)),
      starter: fileURLToPath(new URL('functions/', root)),
      sdk: fileURLToPath(new URL('sdk/', root)),
      web: fileURLToPath(new URL('dist/web/', root)),
    },
    createTerminalLog(process.stdout, config.logLevel),
  );
  // Before anybody can know that the host is ready.
  stopOnSignal(control);
  announce(control, config.host);
}

function announce(control: Control, host: string): void {
  const { port, consolePort, madeToken } = control;
  // The first line is Laf's and Lolo's sign that a host is ready; tools wait for it.
  const lines = [`Listening to port ${port}`, `Try http://${host}:${port}/demo`, `API and console: http://${host}:${consolePort}`];
  if (madeToken !== undefined) lines.push('', `Admin token, shown only once: ${madeToken}`, 'Set ADMIN_TOKEN to choose your own.');
  // The reader of the terminal has started the host; the reader of a pipe may keep the link, or pass it on.
  if (madeToken !== undefined || process.stdout.isTTY)
    lines.push('', `Sign in to the console with this one-time link: ${control.signInLink()}`);
  process.stdout.write(`${lines.join('\n')}\n`);
}

function stopOnSignal(control: Control): void {
  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) process.exit(1);
    stopping = true;
    process.stdout.write(`${signal}: finishing work in progress; send it again to stop at once\n`);
    void control.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGINT', stop);
  process.on('SIGHUP', () => {
    // For a host in a terminal it means that the terminal is gone, for a service that it should begin afresh.
    if (process.stdout.isTTY) stop('SIGHUP');
    else if (!stopping) control.restart('SIGHUP').catch((error: unknown) => process.stderr.write(`SIGHUP: ${messageOf(error)}\n`));
  });
  process.on('SIGTERM', stop);
}

try {
  await main();
} catch (error) {
  if (error instanceof HearthError) process.stderr.write(`${error.code}: ${error.message}\n`);
  else process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
}
