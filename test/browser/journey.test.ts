import type { Locator, Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { withoutChromium } from './chromium.ts';
import { it } from './console.ts';

async function createFrom(page: Page, template: RegExp, name: string): Promise<void> {
  await page.keyboard.press('Alt+n');
  const dialog = page.getByRole('dialog', { name: 'New function' });
  await dialog.getByRole('radio', { name: template }).check();
  await dialog.getByRole('textbox', { name: 'Name' }).fill(name);
  await dialog.getByRole('button', { name: 'Create' }).click();
  await page.waitForURL(`**/f/${name}`);
  await page.locator('.view-line').first().waitFor();
  await page.keyboard.press('Control+s');
  await page.getByText(new RegExp(`${name} r\\d+ is live`)).waitFor();
}

async function connectAs(client: Locator, user: string): Promise<void> {
  await client.getByRole('button', { name: 'Options of' }).click();
  await client.getByRole('button', { name: 'Add a parameter' }).click();
  await client.getByLabel('Name of the parameter').fill('user');
  await client.getByLabel('Value of user').fill(user);
  await client.getByRole('button', { name: 'Options of' }).click();
  await client.getByRole('button', { name: 'Connect', exact: true }).click();
  await client.getByRole('status').filter({ hasText: 'Connected' }).first().waitFor();
}

describe.skipIf(withoutChromium())('a first hour with the console', () => {
  it('goes from the sign-in to a push that reaches one of two sockets, with the log lines it caused', async ({ host, open }) => {
    await host.api('POST', '/v1/publish', { deleted: ['__websocket__', 'push', 'demo'] });
    const page = await open('/', { signedIn: false });
    await page.getByLabel('Admin token').fill(host.token);
    await page.keyboard.press('Enter');
    await page.getByRole('treeitem', { name: 'hello', exact: true }).waitFor();
    await createFrom(page, /chat/i, '__websocket__');
    await createFrom(page, /push/i, 'push');

    await page.getByRole('link', { name: 'Sockets', exact: true }).click();
    const [ada, bob] = [page.getByRole('region', { name: 'Client Ada' }), page.getByRole('region', { name: 'Client Bob' })];
    await connectAs(ada, 'ada');
    await connectAs(bob, 'bob');
    const received = (client: Locator, text: string) =>
      client.getByRole('log').getByRole('button', { name: 'received' }).filter({ hasText: text });
    await received(ada, '"type":"joined","user":"bob"').waitFor();
    await ada.getByRole('textbox', { name: 'Message of' }).fill('good evening');
    await ada.getByRole('textbox', { name: 'Message of' }).press('Enter');
    await received(bob, '"from":"ada","text":"good evening"').waitFor();

    await page.getByRole('link', { name: 'Functions', exact: true }).first().click();
    await page.getByRole('treeitem', { name: 'push', exact: true }).click();
    await page.getByRole('button', { name: 'Edit as text' }).click();
    await page.getByLabel('Parameters as text').fill('user: ada\nmessage: only for you');
    await page.keyboard.press('Control+Enter');
    await page.getByText('"sent"').first().waitFor();

    await page.getByRole('link', { name: 'Sockets', exact: true }).click();
    await received(ada, '"type":"push","message":"only for you"').waitFor();
    expect(await received(bob, 'only for you').count()).toBe(0);

    await page.getByRole('link', { name: 'Logs', exact: true }).first().click();
    const lines = page.getByRole('log');
    for (const text of ['ada connected', 'ada said good evening', 'pushing to ada']) await lines.getByText(text).waitFor();
  });
});
