import { workerData } from 'node:worker_threads';

/**
 * A thread beside the worker's own: when control has died, a worker whose event loop hangs in a
 * function cannot notice, and would keep the port. This thread can.
 */
const control: unknown = workerData;
const pulse = new Int32Array(new SharedArrayBuffer(4));
while (process.ppid === control) Atomics.wait(pulse, 0, 0, 250);
process.kill(process.pid, 'SIGKILL');
