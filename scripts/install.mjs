// @ts-check
import { accessSync, constants, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runChild } from './child.mjs';
import { root } from './root.mjs';

/**
 * `runtime` is what the host needs, `all` what its developers need too.
 *
 * @typedef {'runtime' | 'all'} Scope
 */

/**
 * One package in a lockfile; `undefined` means what npm means by an absent field.
 *
 * @typedef {{ version?: string, integrity?: string, dev?: boolean, optional?: boolean, devOptional?: boolean,
 *   os?: string[], cpu?: string[], libc?: string[] }} LockedPackage
 */

/**
 * Whether node_modules holds what package-lock.json asks for, by the record that npm itself keeps
 * there: so an install by hand counts, and one that was interrupted does not.
 *
 * @param {Scope} scope
 */
export function isInstalled(scope) {
  const present = installedPackages();
  if (!present) return false;
  return Object.entries(lockedPackages('package-lock.json')).every(([path, wanted]) => {
    if (!path.startsWith('node_modules/') || !isNeeded(wanted, scope)) return true;
    const found = present[path];
    return found !== undefined && found.version === wanted.version && found.integrity === wanted.integrity;
  });
}

/**
 * Installs what package-lock.json asks for; throws when npm fails.
 *
 * @param {Scope} scope
 */
export async function install(scope) {
  // Who has the developers' packages must not lose them to a start.
  const everything = scope === 'all' || Object.values(installedPackages() ?? {}).some((found) => found.dev);
  console.log('Installing dependencies (only when they have changed) …');
  const borrowed = isWritable(cacheDir()) ? undefined : mkdtempSync(join(tmpdir(), 'hearth-npm-'));
  try {
    // The compilers' binaries are optional packages: no setting of the user's may leave them out.
    const args = ['ci', everything ? '--include=dev' : '--omit=dev', '--include=optional', '--progress', '--prefix', root];
    const code = await npm(borrowed ? [...args, '--cache', borrowed] : args);
    if (code !== 0) throw new Error(`The dependencies could not be installed: "npm ci" ended with code ${code}, its reason is above.`);
  } finally {
    if (borrowed) rmSync(borrowed, { recursive: true, force: true });
  }
}

/**
 * @param {LockedPackage} wanted
 * @param {Scope} scope
 */
function isNeeded(wanted, scope) {
  if (scope === 'runtime' && wanted.dev) return false;
  if (!wanted.optional && !wanted.devOptional) return true;
  // npm leaves out an optional package that does not suit the machine, and any that names a C library we cannot tell.
  if (wanted.libc || (!wanted.os && !wanted.cpu)) return false;
  return suits(wanted.os, process.platform) && suits(wanted.cpu, process.arch);
}

/**
 * @param {readonly string[] | undefined} list
 * @param {string} value
 */
function suits(list, value) {
  if (!list) return true;
  if (list.includes(`!${value}`)) return false;
  return list.includes(value) || list.every((entry) => entry.startsWith('!'));
}

/** @returns {Record<string, LockedPackage> | undefined} */
function installedPackages() {
  try {
    return lockedPackages('node_modules/.package-lock.json');
  } catch {
    return undefined;
  }
}

/**
 * @param {string} file
 * @returns {Record<string, LockedPackage>}
 */
function lockedPackages(file) {
  return JSON.parse(readFileSync(join(root, file), 'utf8')).packages;
}

/** @param {readonly string[]} args */
function npm(args) {
  // The npm that runs this script is the one to use; there need not be another on the path.
  const cli = process.env['npm_execpath'];
  if (cli?.endsWith('npm-cli.js')) return runChild(process.execPath, [cli, ...args], { cwd: root });
  return runChild('npm', args, { cwd: root, shell: process.platform === 'win32' });
}

/** Where npm keeps what it downloads, as npm itself tells its scripts. */
function cacheDir() {
  return process.env['npm_config_cache'] ?? join(homedir(), '.npm');
}

/**
 * Whether the folder can be written to, or made.
 *
 * @param {string} dir
 */
function isWritable(dir) {
  const parent = dirname(dir);
  if (!existsSync(dir) && parent !== dir) return isWritable(parent);
  try {
    accessSync(dir, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
