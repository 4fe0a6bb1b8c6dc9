// @ts-check
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

// A holder touches its lock while it works, because a process id may be from another container and says little.
const beat = 1_000;
const silence = 15_000;

/**
 * Runs `work` while no other process holds the same lock file, and resolves to its result. A lock whose
 * holder is dead is taken over.
 *
 * @template T
 * @param {string} file
 * @param {{ work: () => Promise<T>, onWait: () => void }} options `onWait` is called once if another holds the lock
 * @returns {Promise<T>}
 */
export async function withLock(file, { work, onWait }) {
  mkdirSync(dirname(file), { recursive: true });
  for (let waited = false; !take(file); waited = true) {
    if (!waited) onWait();
    await sleep(100);
  }
  const heart = setInterval(() => touch(file), beat);
  try {
    return await work();
  } finally {
    clearInterval(heart);
    rmSync(file, { force: true });
  }
}

/** @param {string} file */
function take(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
  if (isAbandoned(file)) discard(file);
  return false;
}

/** @param {string} file */
function isAbandoned(file) {
  try {
    const age = Date.now() - statSync(file).mtimeMs;
    if (age > silence) return true;
    const holder = readFileSync(file, 'utf8');
    // If empty, its holder has created the file but not yet written to it.
    return holder !== '' && !isAlive(Number(holder));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** @param {string} file */
function discard(file) {
  // Only one of several waiting processes can rename the dead lock.
  const grave = `${file}.${process.pid}`;
  try {
    renameSync(file, grave);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
  rmSync(grave, { force: true });
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return pid !== process.pid;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** @param {string} file */
function touch(file) {
  const now = new Date();
  try {
    utimesSync(file, now, now);
  } catch {
    // Somebody removed the file; the work can continue.
  }
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
