import { describe, expect } from 'vitest';
import { withoutChromium } from './chromium.ts';
import { it } from './console.ts';

describe.skipIf(withoutChromium())('the history', () => {
  it('shows a revision beside another and brings it back as a new one', async ({ host, open }) => {
    for (const word of ['one', 'two', 'three']) await host.publish('word', `export default () => '${word}';`, { note: `says ${word}` });
    const page = await open('/f/word/r/1');
    const list = page.getByRole('navigation', { name: 'Revisions' });
    await page.getByRole('heading', { name: 'History of word' }).waitFor();
    expect(await list.getByRole('link').count()).toBe(3);
    expect(await page.getByRole('combobox', { name: 'Compare with' }).inputValue()).toBe('3');
    await page.locator('.view-line').getByText('three').first().waitFor();
    await page.getByRole('combobox', { name: 'Compare with' }).selectOption('2');
    await page.locator('.view-line').getByText('two').first().waitFor();
    await list.getByRole('link', { name: /Revision 1/ }).focus();
    await page.keyboard.press('ArrowUp');
    await page.waitForURL('**/f/word/r/2');
    await page.getByRole('button', { name: 'Roll back to this revision' }).click();
    const dialog = page.getByRole('dialog', { name: 'Roll back word to revision 2?' });
    await dialog.getByRole('textbox', { name: /Note/ }).fill('two was better');
    await dialog.getByRole('button', { name: 'Roll back' }).click();
    await page.waitForURL('**/f/word/r/4');
    await list.getByText('two was better').waitFor();
    expect((await host.call('/word')).text).toBe('two');
    expect(await page.getByRole('button', { name: 'Roll back to this revision' }).isDisabled()).toBe(true);
  });

  it('opens a revision as a draft, and reads that of a deleted function', async ({ host, open }) => {
    await host.publish('past', "export default () => 'first';");
    await host.publish('past', "export default () => 'second';");
    const page = await open('/f/past/r/1');
    await page.getByRole('button', { name: 'Open as draft' }).click();
    await page.waitForURL('**/f/past');
    await page.getByRole('treeitem', { name: 'past, unpublished changes' }).waitFor();
    await page.locator('.view-line').getByText('first').first().waitFor();
    expect((await host.call('/past')).text).toBe('second');
    await host.publish('past', "export default () => 'third';");
    await host.api('DELETE', '/v1/functions/past');
    await page.goto(new URL('/f/past/r/1', page.url()).href);
    await page.getByText('deleted', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Restore this revision' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Restore' }).click();
    await page.waitForURL('**/f/past/r/4');
    expect((await host.call('/past')).text).toBe('first');
  });
});
