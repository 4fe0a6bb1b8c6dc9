import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { expect, it as base } from 'vitest';
import { TestHost } from '../scenario/host.ts';
import { startChromium } from './chromium.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** How a page is opened. */
export interface OpenOptions {
  /** Another host than the file's. */
  readonly host?: TestHost;
  /** Whether somebody is signed in already; true unless given. */
  readonly signedIn?: boolean;
  readonly context?: BrowserContextOptions;
}

/** Opens the console at a path in a browser of its own: cookies and drafts are not another's. */
export type Open = (path?: string, options?: OpenOptions) => Promise<Page>;

interface Fixtures {
  readonly browser: Browser;
  /** The file's host, with the starter functions. */
  readonly host: TestHost;
  readonly open: Open;
}

/**
 * A test of the console in a real Chromium with a real host. At its end no page may have had an error
 * or a violation of its content security policy, nor may axe find fault with it, in light or dark.
 */
export const it = base.extend<Fixtures>({
  browser: [
    async ({}, use) => {
      const browser = await startChromium();
      await use(browser);
      await browser.close();
    },
    { scope: 'file' },
  ],
  host: [
    async ({}, use) => {
      await using host = await TestHost.start();
      await use(host);
    },
    { scope: 'file' },
  ],
  open: async ({ browser, host }, use) => {
    const opened: Opened[] = [];
    await use(async (path = '/', options = {}) => {
      const one = await openConsole(browser, options.host ?? host, options);
      opened.push(one);
      await one.page.goto(`http://127.0.0.1:${(options.host ?? host).consolePort}${path}`);
      return one.page;
    });
    for (const one of opened) await verify(one);
    for (const { context } of opened) await context.close();
  },
});

interface Opened {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly faults: string[];
}

async function openConsole(browser: Browser, host: TestHost, { signedIn = true, context: given = {} }: OpenOptions): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, reducedMotion: 'reduce', ...given });
  context.setDefaultTimeout(20_000);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  if (signedIn) await context.addCookies([await signIn(host)]);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(`page error: ${error.stack ?? error.message}`));
  page.on('console', (message) => {
    // The browser itself reports answers such as 409, and a host that is away: pages are to cope with them.
    if (message.type() === 'error' && !/^Failed to load resource|net::ERR_|WebSocket connection to/.test(message.text()))
      faults.push(`console: ${message.text()}`);
  });
  await context.exposeBinding('reportViolation', (_source, text: string) => faults.push(`content security policy: ${text}`));
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sourceFile }) => {
      const { reportViolation } = globalThis as unknown as { reportViolation(text: string): void };
      reportViolation(`${violatedDirective} ${blockedURI} ${sourceFile}`);
    });
  });
  return { context, page, faults };
}

/** Signs in as the page does, by the admin token, and answers the cookie. */
async function signIn(
  host: TestHost,
): Promise<{ name: string; value: string; domain: string; path: string; httpOnly: boolean; sameSite: 'Strict' }> {
  const origin = `http://127.0.0.1:${host.consolePort}`;
  const response = await fetch(`${origin}/_/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin },
    body: JSON.stringify({ token: host.token }),
  });
  expect(response.status).toBe(204);
  const [, name = '', value = ''] = /^([^=]+)=([^;]+)/.exec(response.headers.get('set-cookie') ?? '') ?? [];
  return { name, value, domain: '127.0.0.1', path: '/_/', httpOnly: true, sameSite: 'Strict' };
}

async function verify({ page, faults }: Opened): Promise<void> {
  expect(faults).toEqual([]);
  if (page.isClosed()) return;
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  expect(await findBarriers(page, {}), 'axe, light').toEqual([]);
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  // Nothing else depends on the colours.
  expect(await findBarriers(page, { runOnly: ['color-contrast', 'link-in-text-block'] }), 'axe, dark').toEqual([]);
  expect(faults).toEqual([]);
}

/** What axe finds fault with, as text. */
async function findBarriers(page: Page, options: { readonly runOnly?: readonly string[] }): Promise<string[]> {
  // By the debugger, so that no policy of the page is in its way.
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe);
  return page.evaluate(async (given: object) => {
    interface Found {
      readonly violations: readonly {
        readonly id: string;
        readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
      }[];
    }
    const { axe: runner } = globalThis as unknown as { axe: { run(root: Document, options: object): Promise<Found> } };
    const { violations } = await runner.run(document, given);
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary ?? ''}`),
    );
  }, options);
}
