/**
 * Tells the benchmark where this peer listens, and which process's CPU time is its own.
 *
 * @param {number} port
 * @param {number} [pid]
 */
export function announce(port, pid = process.pid) {
  process.send?.({ port, pid });
}

/**
 * Ends the process with the benchmark: nobody else would.
 *
 * @param {() => unknown} [close] what has to end first
 */
export function endWithParent(close = () => {}) {
  process.on('disconnect', () => {
    void Promise.resolve(close()).finally(() => process.kill(process.pid, 'SIGKILL'));
  });
}
