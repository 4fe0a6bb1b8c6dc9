// @ts-check

/**
 * Ends this process with SIGTERM once the shell between it and npm is gone. npm passes a signal only to
 * that shell, and many shells die without passing it on, so this process would hold the ports for ever.
 * Does nothing in a process that npm did not start.
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
