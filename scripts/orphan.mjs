// @ts-check

/**
 * Ends this process by SIGTERM once the shell between it and npm is gone: npm passes a signal on to
 * that shell only, and many a shell dies of it without a word to its child, which would hold the
 * ports for ever. Does nothing for a process that npm did not start.
 */
export function endWithNpm() {
  const parent = process.ppid;
  if (!process.env['npm_lifecycle_event'] || process.platform === 'win32') return;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, 250);
  watch.unref();
}
