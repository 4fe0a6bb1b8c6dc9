import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/snap/bin/chromium'];

/** The Chromium that tests drive: `CHROMIUM_BIN`, else one of the usual places; undefined where there is none. */
function findChromium(): string | undefined {
  const { CHROMIUM_BIN } = process.env;
  return [CHROMIUM_BIN ?? '', ...places].find((path) => path !== '' && existsSync(path));
}

/** Whether browser tests are to be skipped, which is said once; under CI they never are. */
export function withoutChromium(): boolean {
  if (findChromium() !== undefined || process.env['CI']) return false;
  console.log('Skipped: there is no Chromium. Install one (Debian: apt install chromium) or set CHROMIUM_BIN.');
  return true;
}

/** Starts a Chromium without a window. */
export async function startChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('There is no Chromium: install one or set CHROMIUM_BIN.');
  const quiet = ['--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
  // Chromium's own sandbox needs rights that containers and root do not have; it sees nothing but our pages here.
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', ...quiet] });
}
