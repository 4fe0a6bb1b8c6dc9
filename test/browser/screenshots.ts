import { mkdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { startChromium } from './chromium.ts';
import { type Demo, startDemo } from './demo.ts';
import { type Screen, phoneScreens, screens } from './screens.ts';

const mostBytes = 250_000;
const desk = { viewport: { width: 1440, height: 900 } };
const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** Writes pictures of every screen of the console, in light and dark: `npm run screenshots [-- NAME…]`. */
async function main(wanted: readonly string[]): Promise<void> {
  const folder = resolve('docs/images/console');
  await mkdir(folder, { recursive: true });
  const browser = await startChromium();
  const failed: string[] = [];
  try {
    await using demo = await startDemo();
    const shots = [...screens.map((screen) => ({ screen, view: desk })), ...phoneScreens.map((screen) => ({ screen, view: phone }))];
    for (const { screen, view } of shots) {
      if (wanted.length > 0 && !wanted.includes(screen.name)) continue;
      await take(browser, { demo, screen, view, folder }).catch((error: unknown) => {
        failed.push(screen.name);
        console.error(`${screen.name}:`, error);
      });
    }
  } finally {
    await browser.close();
  }
  if (failed.length > 0) process.exitCode = 1;
  console.log(failed.length === 0 ? `The pictures are in ${folder}.` : `Not taken: ${failed.join(', ')}.`);
}

interface Shot {
  readonly demo: Demo;
  readonly screen: Screen;
  readonly view: typeof desk;
  readonly folder: string;
}

async function take(browser: Browser, { demo, screen, view, folder }: Shot): Promise<void> {
  const context = await browser.newContext({ ...view, reducedMotion: 'reduce', colorScheme: 'light' });
  context.setDefaultTimeout(10_000);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  try {
    const page = await context.newPage();
    const origin = `http://127.0.0.1:${demo.host.consolePort}`;
    if (!screen.signedOut) await signIn(context, { origin, token: demo.host.token });
    await page.goto(origin + screen.path);
    await screen.show(page, demo).catch(async (error: unknown) => {
      const seen = join(tmpdir(), `hearth-${screen.name}-${process.pid}.png`);
      await page.screenshot({ path: seen });
      throw new Error(`It was not there in time; what was to be seen instead is in ${seen}`, { cause: error });
    });
    for (const scheme of ['light', 'dark'] as const) await shoot(page, { scheme, file: join(folder, `${screen.name}-${scheme}.png`) });
  } finally {
    await context.close();
  }
}

async function shoot(page: Page, { scheme, file }: { scheme: 'light' | 'dark'; file: string }): Promise<void> {
  await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
  // Two frames: in the first the theme is known, in the second it is drawn.
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  await page.screenshot({ path: file, caret: 'hide' });
  const { size } = await stat(file);
  console.log(`${file}  ${Math.round(size / 1_000)} kB${size > mostBytes ? '  TOO LARGE' : ''}`);
}

async function signIn(context: BrowserContext, { origin, token }: { origin: string; token: string }): Promise<void> {
  const response = await context.request.post(`${origin}/_/session`, { data: { token }, headers: { origin } });
  if (!response.ok()) throw new Error(`Signing in was answered ${response.status()}.`);
}

await main(process.argv.slice(2));
