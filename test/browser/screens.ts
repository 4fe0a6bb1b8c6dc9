import type { Page } from 'playwright-core';
import type { Demo } from './demo.ts';
import { dailyReport, draftWithProblems } from './demo-sources.ts';

/** A screen of the console that a picture is taken of. */
export interface Screen {
  /** The name of the file, without light or dark. */
  readonly name: string;
  readonly path: string;
  readonly signedOut?: true;
  /** Brings the page to what is to be seen; resolves when it is there. */
  readonly show: (page: Page, demo: Demo) => Promise<unknown>;
}

const order = '/f/orders%2Fcreate';

/** The editor's text. */
function editorOf(page: Page) {
  return page.getByRole('textbox', { name: /^Source of/ });
}

/** Puts the cursor into the editor when its function is there. */
export async function focusEditor(page: Page): Promise<void> {
  await page.locator('.view-line').getByText('export').first().waitFor();
  await editorOf(page).focus();
}

/** Shows the log of the function below the editor. */
export async function openLogs(page: Page): Promise<void> {
  await page.getByRole('tablist', { name: 'Below the editor' }).getByRole('tab', { name: 'Logs' }).click();
}

async function write(page: Page, source: string): Promise<void> {
  await focusEditor(page);
  await page.keyboard.press('Control+a');
  // Pasted: what is typed would be indented once more.
  await page.evaluate((text) => navigator.clipboard.writeText(text), source);
  await page.keyboard.press('Control+v');
}

async function showCompletions(page: Page): Promise<void> {
  await focusEditor(page);
  await page.keyboard.press('Control+Home');
  for (let line = 1; line < 11; line++) await page.keyboard.press('ArrowDown');
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await page.keyboard.type('ctx.');
  await page.getByRole('option', { name: /^body/ }).first().waitFor();
}

async function showProblems(page: Page): Promise<void> {
  await write(page, draftWithProblems);
  await page.getByRole('tabpanel').getByText(/totl/).first().waitFor();
}

/** The source is there before it is known where it differs. */
function showDifference(page: Page): Promise<void> {
  return page.locator('.char-insert, .line-insert').first().waitFor({ state: 'attached' });
}

async function showConflict(page: Page, { host }: Demo): Promise<void> {
  await write(page, dailyReport.replace('orders: 42', 'orders: 43'));
  await host.publish('reports/daily', dailyReport.replace('day, orders: 42', "day, currency: 'EUR', orders: 42"), {
    note: 'Say the currency',
  });
  await page.keyboard.press('Control+s');
  await showDifference(page);
}

async function showRun(page: Page): Promise<void> {
  await focusEditor(page);
  await page.keyboard.press('Control+Enter');
  await page
    .getByText(/\b200\b/)
    .first()
    .waitFor();
}

async function showSockets(page: Page): Promise<void> {
  const clients = page.getByRole('group', { name: 'Clients' }).getByRole('region');
  await clients.first().waitFor();
  while ((await clients.count()) < 2) await page.getByRole('button', { name: 'Add client' }).click();
  await page.getByRole('button', { name: 'Connect all', exact: true }).click();
  for (const [at, text] of ['{ "type": "say", "text": "Good morning!" }', '{ "type": "say", "text": "Is anybody here?" }'].entries()) {
    const client = clients.nth(at);
    await client.getByText('welcome').waitFor();
    await client.getByRole('textbox', { name: /^Message of/ }).fill(text);
    await client.getByRole('button', { name: 'Send' }).click();
    await client.getByText('echo').waitFor();
  }
  // Both are in the table of open sockets then.
  await page.getByRole('row').nth(6).waitFor();
}

const place = (page: Page, text: string | RegExp) => page.getByRole('main').getByText(text).first().waitFor();

/** All screens. */
export const screens: readonly Screen[] = [
  { name: 'sign-in', path: '/', signedOut: true, show: (page) => page.getByLabel('Admin token').waitFor() },
  { name: 'welcome', path: '/f', show: (page) => page.getByRole('region', { name: 'Welcome' }).waitFor() },
  { name: 'completions', path: order, show: showCompletions },
  { name: 'problems', path: order, show: showProblems },
  {
    name: 'type-errors',
    path: order,
    async show(page) {
      await showProblems(page);
      await page.keyboard.press('Control+s');
      await page.getByRole('dialog').getByText(/totl/).first().waitFor();
    },
  },
  { name: 'conflict', path: '/f/reports%2Fdaily', show: showConflict },
  { name: 'run', path: '/f/orders%2Flist', show: showRun },
  { name: 'history', path: `${order}/r/1`, show: showDifference },
  { name: 'sockets', path: '/sockets', show: showSockets },
  { name: 'logs', path: '/logs', show: (page) => place(page, /refused an order/) },
  {
    name: 'palette',
    path: order,
    async show(page) {
      await focusEditor(page);
      await page.keyboard.press('Control+k');
      await page.keyboard.type('order');
      await page.getByRole('option', { name: 'orders/list' }).waitFor();
    },
  },
  {
    name: 'shortcuts',
    path: order,
    async show(page) {
      await focusEditor(page);
      await page.keyboard.press('Control+k');
      await page.keyboard.type('Show keyboard shortcuts');
      await page.keyboard.press('Enter');
      await page.getByRole('dialog', { name: 'Shortcuts' }).waitFor();
    },
  },
  { name: 'bin', path: '/bin', show: (page) => place(page, 'legacy/export') },
  { name: 'status', path: '/status', show: (page) => page.getByRole('img', { name: /^Memory: Worker/ }).waitFor() },
  {
    name: 'crash',
    path: '/status',
    async show(page) {
      await page.getByRole('link', { name: 'Crash report' }).click();
      await page.getByRole('region', { name: 'Stack' }).waitFor();
    },
  },
];

/** Those that are shown on a phone as well. */
export const phoneScreens: readonly Screen[] = [
  { name: 'phone-functions', path: '/f', show: (page) => page.getByRole('tree', { name: 'Functions' }).getByText('orders').waitFor() },
  { name: 'phone-editor', path: order, show: focusEditor },
  { name: 'phone-logs', path: '/logs', show: (page) => place(page, /refused an order/) },
  {
    name: 'phone-sockets',
    path: '/sockets',
    show: (page) =>
      page
        .getByRole('button', { name: /^Connect/ })
        .first()
        .waitFor(),
  },
  { name: 'phone-status', path: '/status', show: (page) => page.getByRole('img', { name: /^Memory: Worker/ }).waitFor() },
];
