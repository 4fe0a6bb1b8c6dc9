import type { Page } from 'playwright-core';
import { describe, expect, vi } from 'vitest';
import { TestHost } from '../scenario/host.ts';
import { withoutChromium } from './chromium.ts';
import { it } from './console.ts';

const tree = (page: Page) => page.getByRole('tree', { name: 'Functions' });

describe.skipIf(withoutChromium())('the console', () => {
  it('signs in by the admin token, refuses another one, and signs out', async ({ host, open }) => {
    const page = await open('/', { signedIn: false });
    await page.getByLabel('Admin token').fill('not the token');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('UNAUTHORIZED').waitFor();
    await page.getByLabel('Admin token').fill(host.token);
    await page.keyboard.press('Enter');
    await tree(page).getByText('hello').waitFor();
    // No script of the page may read what it is signed in by.
    expect(await page.evaluate(() => document.cookie)).toBe('');
    await page.getByRole('button', { name: 'More: settings and help' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByLabel('Admin token').waitFor();
    await page.reload();
    await page.getByLabel('Admin token').waitFor();
  });

  it('signs in once by the link that is printed at the first start', async ({ open }) => {
    await using host = await TestHost.start({ env: { ADMIN_TOKEN: '' } });
    const path = await vi.waitUntil(() => /http:\/\/[^/\s]+(\/\S*#code=\S+)/.exec(host.output)?.[1]);
    const page = await open(path, { signedIn: false, host });
    await tree(page).getByText('hello').waitFor();
    expect(page.url()).not.toContain('code');
    const second = await open(path, { signedIn: false, host });
    await second.getByText('UNAUTHORIZED').waitFor();
  });

  it('finds commands and functions in the palette, and lists the shortcuts', async ({ open }) => {
    const page = await open('/status');
    await page.getByRole('link', { name: 'Status', exact: true }).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByPlaceholder('Search commands and functions').fill('go to logs');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/logs');
    await page.keyboard.press('Control+p');
    await page.getByPlaceholder('Name of a function').fill('hell');
    await page.getByRole('option', { name: 'hello' }).click();
    await page.waitForURL('**/f/hello');
    await page.goto(new URL('/bin', page.url()).href);
    await page.getByRole('link', { name: 'Recycle bin' }).waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Shortcuts' }).getByText('Open a function…').waitFor();
  });

  it('puts what is called as somebody types first in the palette, and gives the focus back', async ({ open }) => {
    const page = await open('/f/hello');
    const editor = page.getByRole('textbox', { name: 'Source of hello' });
    await page.locator('.view-line').getByText('export').first().waitFor();
    await editor.focus();
    await page.keyboard.press('Control+k');
    await page.keyboard.type('run');
    await page.getByRole('option').first().getByText('Run hello').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await vi.waitUntil(() => editor.evaluate((element) => element === document.activeElement));
  });

  it('keeps its theme, and its panes as they were resized by the keyboard', async ({ open }) => {
    const page = await open('/f/hello');
    await page.getByRole('button', { name: 'More: settings and help' }).click();
    await page.getByRole('menuitem', { name: 'Dark theme' }).click();
    const theme = () => page.evaluate(() => document.documentElement.dataset['theme']);
    expect(await theme()).toBe('dark');
    const separator = page.getByRole('separator', { name: 'Resize the run panel' });
    const before = await separator.boundingBox();
    await separator.focus();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    const place = async () => (await separator.boundingBox())?.x ?? 0;
    await vi.waitFor(async () => expect(await place()).toBeLessThan(before?.x ?? 0));
    const after = await place();
    await page.reload();
    await separator.waitFor();
    expect(await theme()).toBe('dark');
    expect(await place()).toBeCloseTo(after, -1);
  });

  it('goes from pane to pane by F6', async ({ open }) => {
    const page = await open('/f/hello');
    await page.locator('.view-line').first().waitFor();
    const where = () => page.evaluate(() => document.activeElement?.closest('[data-panel]')?.id);
    await tree(page).focus();
    const seen = [];
    for (let turn = 0; turn < 4; turn++) {
      await page.keyboard.press('F6');
      seen.push(await where());
    }
    expect(seen).toEqual(['editor', 'below', 'request', 'tree']);
    await page.keyboard.press('Shift+F6');
    expect(await where()).toBe('request');
  });

  it('shows one thing at a time on a phone, and nothing is cut off', async ({ open }) => {
    const page = await open('/f', { context: { viewport: { width: 390, height: 844 }, hasTouch: true } });
    await tree(page).getByText('hello').click();
    await page.waitForURL('**/f/hello');
    for (const path of ['/f/hello', '/sockets', '/logs', '/status', '/bin']) {
      await page.goto(new URL(path, page.url()).href);
      await page.getByRole('heading', { level: 1 }).first().waitFor({ state: 'attached' });
      const [width, wanted] = await page.evaluate(() => [innerWidth, document.documentElement.scrollWidth]);
      expect([path, wanted]).toEqual([path, width]);
    }
  });
});
