// @ts-check
import { accessSync, constants, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runChild } from './child.mjs';
import { root } from './root.mjs';

/**
 * `runtime`: the packages the host needs. `all`: also those its developers need.
 *
 * @typedef {'runtime' | 'all'} Scope
 */

/**
 * One package in a lockfile; `undefined` means the same as npm's absent field.
 *
 * @typedef {{ version?: string, integrity?: string, dev?: boolean, optional?: boolean, devOptional?: boolean,
 *   os?: string[], cpu?: string[], libc?: string[] }} LockedPackage
 */

/**
 * Whether node_modules matches package-lock.json, judged by npm's own record in it, so that an install
 * by hand counts and an interrupted one does not.
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
 * Installs the packages of package-lock.json. Throws if npm fails.
 *
 * @param {Scope} scope
 */
export async function install(scope) {
  // A start must not remove developers' packages that are already installed.
  const everything = scope === 'all' || Object.values(installedPackages() ?? {}).some((found) => found.dev);
  console.log('Installing dependencies (only when they have changed) …');
  const borrowed = isWritable(cacheDir()) ? undefined : mkdtempSync(join(tmpdir(), 'hearth-npm-'));
  try {
    // The compilers' binaries are optional packages, which no user setting may leave out.
    const args = ['ci', everything ? '--include=dev' : '--omit=dev', '--include=optional', '--progress', '--prefix', root];
    const code = await npm(borrowed ? [...args, '--cache', borrowed] : args);
    if (code !== 0) throw new Error(`The dependencies could not be installed: "npm ci" ended with code ${code}. See its reason above.`);
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
  // npm leaves out optional packages that do not suit the machine. One that names a C library may be among them; we cannot tell.
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
  // Use the npm that runs this script, because there may be no other on the PATH.
  const cli = process.env['npm_execpath'];
  if (cli?.endsWith('npm-cli.js')) return runChild(process.execPath, [cli, ...args], { cwd: root });
  return runChild('npm', args, { cwd: root, shell: process.platform === 'win32' });
}

/** npm's cache folder, as npm tells its scripts. */
function cacheDir() {
  return process.env['npm_config_cache'] ?? join(homedir(), '.npm');
}

/**
 * Whether the folder can be written to or created.
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
