import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { withoutChromium } from './chromium.ts';
import { it } from './console.ts';

const response = (page: Page) => page.getByRole('status', { name: 'Response' });
const body = (page: Page) => page.getByRole('region', { name: 'Body of the response' });

/** What the page keeps of somebody's draft, as the editor would have written it. */
const draft = (source: string) => JSON.stringify({ source, base: 1, baseSource: 'export default () => 1', changedAt: 1 });

const echo = `export default async function (ctx: FunctionContext) {
  console.log('asked', ctx.query.user);
  if (ctx.query.fail) throw new Error('payment refused');
  if (ctx.query.status) ctx.response.status(Number(ctx.query.status));
  return { from: 'published', query: ctx.query, body: ctx.body, authorization: ctx.headers.authorization ?? null };
}`;

describe.skipIf(withoutChromium())('RunPanel', () => {
  it('runs the draft and what is published', async ({ host, open }) => {
    await host.publish('both', "export default () => 'published'");
    const page = await open('/status');
    await page.evaluate((kept) => localStorage.setItem('hearth.draft.both', kept), draft("export default () => 'draft'"));
    await page.goto(new URL('/f/both', page.url()).href);
    await page.getByRole('button', { name: 'Draft', pressed: true }).waitFor();
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await body(page).getByText('draft').waitFor();
    await page.getByRole('button', { name: 'Published' }).click();
    await page.keyboard.press('Control+Enter');
    await body(page).getByText('published').waitFor();
    await response(page).getByText('200 OK').waitFor();
    expect((await host.call('/both')).text).toBe('published');
  });

  it('sends parameters, a token and a JSON body, and keeps what was put together over a reload', async ({ host, open }) => {
    await host.publish('echo', echo);
    const page = await open('/f/echo');
    await page.getByLabel('Method').selectOption('POST');
    await page.getByLabel('Parameter 1: name').fill('user');
    await page.getByLabel('Parameter 1: value').fill('ada & co');
    await page.getByRole('tab', { name: 'Auth' }).click();
    await page.getByLabel('Bearer token').fill('sesame');
    await page.getByRole('tab', { name: 'Body' }).first().click();
    await page.getByLabel('Body type').selectOption('JSON');
    const field = page.getByRole('textbox', { name: 'Body', exact: true });
    await field.fill('{"a":');
    await page.getByText('No JSON:').waitFor();
    await field.fill('{"a":[1]}');
    await page.getByRole('region', { name: 'Body' }).getByRole('button', { name: 'Format' }).click();
    expect(await field.inputValue()).toBe('{\n  "a": [\n    1\n  ]\n}');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await response(page).getByText('200 OK').waitFor();
    const shown = JSON.parse((await body(page).innerText()).replaceAll(/\n(?=:|,)/g, ''));
    expect(shown).toMatchObject({ query: { user: 'ada & co' }, body: { a: [1] }, authorization: 'Bearer sesame' });
    await page.reload();
    await page.getByRole('tab', { name: 'Params' }).click();
    expect(await page.getByLabel('Parameter 1: value').inputValue()).toBe('ada & co');
    expect(await page.getByLabel('Method').inputValue()).toBe('POST');
    await page.getByRole('tab', { name: 'Auth' }).click();
    expect(await page.getByLabel('Bearer token').inputValue()).toBe('sesame');
    expect(await page.evaluate(() => Object.values(localStorage).join())).not.toContain('sesame');
  });

  it('sends files as parts of a multipart body', async ({ host, open }) => {
    await host.publish(
      'upload',
      'export default (ctx: FunctionContext) => ({ files: ctx.files?.map((f) => [f.originalname, f.size]), body: ctx.body })',
    );
    const page = await open('/f/upload');
    await page.getByLabel('Method').selectOption('POST');
    await page.getByRole('tab', { name: 'Body' }).click();
    await page.getByLabel('Body type').selectOption('Multipart');
    await page.getByRole('button', { name: 'Add a file' }).click();
    await page.getByLabel('Part 1: file').setInputFiles({ name: 'a.bin', mimeType: 'image/png', buffer: Buffer.from([0, 255, 1, 254]) });
    await page.getByRole('button', { name: 'Add a text' }).click();
    await page.getByLabel('Part 2: name').fill('title');
    await page.getByLabel('Part 2: value').fill('bytes');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await body(page).getByText('"a.bin"').waitFor();
    await body(page).getByText('"bytes"').waitFor();
    await body(page).getByText('4', { exact: true }).waitFor();
  });

  it('shows pages without their scripts, pictures as pictures, and folds JSON', async ({ host, open }) => {
    const picture = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
    const source = `export default (ctx: FunctionContext) => {
      if (ctx.query.as === 'page') return ctx.response.type('html').send('<h1>Title</h1>');
      if (ctx.query.as === 'picture') return ctx.response.type('png').send(Buffer.from('${picture}', 'base64'));
      return { outer: { inner: 1 } };
    }`;
    await host.publish('kinds', source);
    const page = await open('/f/kinds');
    const run = page.getByRole('button', { name: 'Run', exact: true });
    await run.click();
    await body(page).getByRole('button', { name: 'Fold line 2' }).click();
    expect(await body(page).getByText('"inner"').count()).toBe(0);
    await page.getByLabel('Parameter 1: name').fill('as');
    await page.getByLabel('Parameter 1: value').fill('page');
    await run.click();
    await body(page).getByText('<h1>Title</h1>').waitFor();
    await page.getByRole('button', { name: 'Preview' }).click();
    await page.frameLocator('iframe[title="Preview of the body"]').getByRole('heading', { name: 'Title' }).waitFor();
    await page.getByLabel('Parameter 1: value').fill('picture');
    await run.click();
    const image = body(page).getByRole('img');
    await image.waitFor();
    expect(await image.evaluate((element) => element instanceof HTMLImageElement && element.naturalWidth)).toBe(1);
  });

  it('shows a status of the function as it is, and what it threw as a line of its log with its place', async ({ host, open }) => {
    await host.publish('echo', echo);
    const page = await open('/f/echo');
    await page.getByLabel('Parameter 1: name').fill('status');
    await page.getByLabel('Parameter 1: value').fill('404');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await response(page).getByText('404 Not Found').waitFor();
    await page.getByLabel('Parameter 1: name').fill('fail');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await response(page).getByText('500 Internal Server Error').waitFor();
    await page.getByRole('tablist', { name: 'Response' }).getByRole('tab', { name: 'Logs' }).click();
    const log = page.getByRole('region', { name: 'Log of the run' });
    await log.getByText('payment refused').waitFor();
    await log.getByRole('link', { name: 'echo.ts:3', exact: true }).click();
    await page.waitForURL('**/f/echo#L3:*');
    await response(page).getByRole('link', { name: 'run-' }).click();
    await page.waitForURL('**/logs?requestId=run-*');
    await page.getByRole('log').getByText('payment refused').waitFor();
  });

  it('shows why a draft does not compile, with a link to the line', async ({ host, open }) => {
    await host.publish('broken', 'export default () => 1');
    const page = await open('/status');
    await page.evaluate((kept) => localStorage.setItem('hearth.draft.broken', kept), draft('export default () => {\n  return (;\n}'));
    await page.goto(new URL('/f/broken', page.url()).href);
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    const failure = page.getByRole('region', { name: 'Why the run failed' });
    await failure.getByText('BUILD_FAILED').waitFor();
    await failure.getByRole('link', { name: /^broken\.ts:2:/ }).click();
    await page.waitForURL('**/f/broken#L2:*');
  });

  it('cancels a run that never ends, which the function is told', async ({ host, open }) => {
    const source = `export default (ctx: FunctionContext) => new Promise(() => {
      console.log('begun');
      ctx.signal.addEventListener('abort', () => console.log('was told'));
    })`;
    await host.publish('endless', source);
    const page = await open('/logs?function=endless');
    await page.getByRole('link', { name: 'Functions', exact: true }).waitFor();
    await page.goto(new URL('/f/endless', page.url()).href);
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.getByRole('heading', { name: 'Running' }).waitFor();
    await page.getByRole('tablist', { name: 'Below the editor' }).getByRole('tab', { name: 'Logs' }).click();
    const log = page.getByRole('log', { name: 'Log lines of endless' });
    await log.getByText('begun').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('heading', { name: 'Cancelled' }).waitFor();
    await log.getByText('was told').waitFor();
  });

  it('saves requests by name, and copies the request as curl', async ({ host, open }) => {
    await host.publish('echo', echo);
    const page = await open('/f/echo');
    const value = page.getByLabel('Parameter 1: value');
    await page.getByLabel('Parameter 1: name').fill('user');
    await value.fill("o'neil");
    await page.getByRole('button', { name: 'Copy as curl' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toBe(`curl '${host.url}/echo?user=o%27neil'`);
    await page.getByRole('button', { name: 'Saved requests' }).click();
    await page.getByRole('menuitem', { name: 'Save as…' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill('Irish');
    await page.keyboard.press('Enter');
    await value.fill('ada');
    await page.getByRole('button', { name: 'Saved requests' }).click();
    await page.getByRole('menuitem', { name: /^\W*Irish$/ }).click();
    expect(await value.inputValue()).toBe("o'neil");
    await page.reload();
    await page.getByRole('button', { name: 'Saved requests' }).click();
    await page.getByRole('menuitem', { name: /^\W*Irish$/ }).click();
    await page.getByRole('button', { name: 'Saved requests' }).click();
    await page.getByRole('menuitem', { name: 'Delete “Irish”' }).click();
    await page.getByRole('button', { name: 'Saved requests' }).click();
    await page.getByRole('menuitem', { name: 'Save as…' }).waitFor();
    expect(await page.getByRole('menuitem', { name: /^\W*Irish$/ }).count()).toBe(0);
    await page.keyboard.press('Escape');
  });
});
