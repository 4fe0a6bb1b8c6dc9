// @ts-check
import { spawn } from 'node:child_process';

/** A signal asked this process to end while a child was running. The child has ended by now. */
export class Interrupted extends Error {
  /** @param {NodeJS.Signals} signal */
  constructor(signal) {
    super(`Interrupted by ${signal}.`);
    this.signal = signal;
  }
}

/** @type {readonly NodeJS.Signals[]} */
const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Runs a program on this terminal and resolves to its exit code. A signal to end is passed on, so that
 * no child is left behind, and the promise rejects with {@link Interrupted}.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd: string, shell?: boolean }} options
 * @returns {Promise<number>}
 */
export function runChild(command, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: 'inherit' });
    /** @type {NodeJS.Signals | undefined} */
    let asked;
    /** @param {NodeJS.Signals} signal */
    const passOn = (signal) => {
      asked ??= signal;
      child.kill(signal);
    };
    const settle = () => {
      for (const signal of endings) process.off(signal, passOn);
    };
    for (const signal of endings) process.on(signal, passOn);
    child.once('error', (error) => {
      settle();
      reject(error);
    });
    child.once('close', (code, signal) => {
      settle();
      const cause = asked ?? signal;
      if (cause) reject(new Interrupted(cause));
      else resolve(code ?? 1);
    });
  });
}
