import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { withoutChromium } from './chromium.ts';
import { it } from './console.ts';

const row = (page: Page, name: string) => page.getByRole('treeitem', { name, exact: true });
const active = (page: Page) =>
  page.evaluate(() => {
    const id = document.activeElement?.getAttribute('aria-activedescendant');
    return id ? document.getElementById(id)?.getAttribute('aria-label') : undefined;
  });

describe.skipIf(withoutChromium())('the functions', () => {
  it('are found by what somebody types, and gone through by keys', async ({ host, open }) => {
    await host.publish('shop/cart', 'export default () => 1;');
    await host.publish('shop/orders', 'export default () => 1;');
    const page = await open('/f');
    await row(page, 'orders').waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('SHOP or');
    await row(page, 'shop/orders').waitFor();
    await row(page, 'hello').waitFor({ state: 'detached' });
    await page.keyboard.press('Escape');
    await row(page, 'hello').waitFor();
    await page.keyboard.press('ArrowDown');
    expect(await active(page)).toBe('shop');
    await page.keyboard.press('ArrowLeft');
    await row(page, 'orders').waitFor({ state: 'detached' });
    await page.reload();
    await row(page, 'hello').waitFor();
    expect(await row(page, 'shop').getAttribute('aria-expanded')).toBe('false');
    await page.getByRole('tree').focus();
    await page.keyboard.press('ArrowRight');
    await row(page, 'orders').waitFor();
    await page.keyboard.press('End');
    expect(await active(page)).toBe('push');
    await page.keyboard.type('he');
    expect(await active(page)).toBe('hello');
    expect(await page.getByRole('link', { name: 'hello', exact: true }).first().getAttribute('href')).toBe('/f/hello');
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/f/shop%2Fcart');
  });

  it('begin as a draft from a template, and are live by Mod+S', async ({ host, open }) => {
    const page = await open('/f');
    await row(page, 'hello').waitFor();
    await page.keyboard.press('Alt+n');
    const dialog = page.getByRole('dialog', { name: 'New function' });
    const name = dialog.getByRole('textbox', { name: 'Name' });
    const create = dialog.getByRole('button', { name: 'Create' });
    await name.fill('hello');
    await dialog.getByText('A function with this name already exists.').waitFor();
    expect(await create.isDisabled()).toBe(true);
    await name.fill('my files');
    await dialog.getByText(/“ ” is not allowed/).waitFor();
    await name.fill('files/take');
    await dialog.getByRole('radio', { name: /Upload/ }).check();
    await create.click();
    await row(page, 'take, not published').waitFor();
    expect((await host.call('/files/take')).status).toBe(404);
    await page.locator('.view-line').getByText('createHash').first().waitFor();
    await page.keyboard.press('Control+s');
    await row(page, 'take').waitFor();
    expect((await host.call('/files/take')).text).toContain('<form');
  });

  it('are renamed together with the imports of others', async ({ host, open }) => {
    await host.publish('lib/dates', "export const today = () => 'today';");
    await host.publish('report', "import { today } from './lib/dates';\nexport default () => ({ day: today() });");
    const page = await open('/f/lib%2Fdates');
    await row(page, 'dates').click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Rename…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Rename lib/dates' });
    await dialog.getByRole('checkbox', { name: 'Update the imports of report' }).waitFor();
    await dialog.getByRole('textbox', { name: 'Name' }).fill('time/days');
    await dialog.getByRole('button', { name: 'Rename' }).click();
    await page.waitForURL('**/f/time%2Fdays');
    await row(page, 'days').waitFor();
    await row(page, 'dates').waitFor({ state: 'detached' });
    expect((await host.api('GET', '/v1/functions/report')).json.source).toContain("from './time/days'");
    expect((await host.call('/report')).json).toEqual({ day: 'today' });
  });

  it('are deleted into the recycle bin, from where they come back', async ({ host, open }) => {
    await host.publish('gone', "export default () => ({ is: 'back' });");
    await host.publish('needy', "import gone from '@/gone';\nexport default () => gone();");
    const page = await open('/f/gone');
    await row(page, 'gone').waitFor();
    await page.getByRole('tree').focus();
    await page.keyboard.press('Delete');
    const dialog = page.getByRole('dialog', { name: 'Delete gone?' });
    await dialog.getByText('needy imports it').waitFor();
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await row(page, 'gone').waitFor({ state: 'detached' });
    await page.waitForURL('**/f');
    expect((await host.call('/gone')).status).toBe(404);
    await page.getByRole('button', { name: 'Undo' }).click();
    await row(page, 'gone').waitFor();
    expect((await host.call('/gone')).json).toEqual({ is: 'back' });

    await host.api('DELETE', '/v1/functions/gone');
    await page.getByRole('link', { name: 'Recycle bin' }).click();
    await page.getByRole('button', { name: 'gone', exact: true }).click();
    await page.getByRole('dialog').getByText("({ is: 'back' })").waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Restore gone' }).click();
    await page.getByRole('button', { name: 'Restore gone' }).waitFor({ state: 'detached' });
    expect((await host.call('/gone')).json).toEqual({ is: 'back' });
  });
});
