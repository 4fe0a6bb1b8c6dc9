// Runs before every other script, so it must parse and run on a Node far older than the one it requires.
import { readFileSync } from 'node:fs';

const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const [major, minor] = numbers(engines.node);
const [ownMajor, ownMinor] = numbers(process.versions.node);

if (ownMajor < major || (ownMajor === major && ownMinor < minor)) {
  console.error(`Hearth needs Node ${major}.${minor} or newer; this is Node ${process.versions.node}. See https://nodejs.org/en/download`);
  process.exit(1);
}

/**
 * @param {string} version as in `20.20.2` or `>=20.19`
 * @returns {[number, number]} its major and minor number
 */
function numbers(version) {
  const [, first, second] = version.match(/(\d+)\.(\d+)/) || [];
  return [Number(first), Number(second)];
}
