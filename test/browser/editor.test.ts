import { execFileSync } from 'node:child_process';
import type { Page } from 'playwright-core';
import { describe, expect, vi } from 'vitest';
import { TestHost } from '../scenario/host.ts';
import { withoutChromium } from './chromium.ts';
import { it } from './console.ts';

const answering = (text: string): string => `export default () => '${text}';`;

/** Waits until the source is there, and puts the cursor at its end. */
async function focusEnd(page: Page, text: string): Promise<void> {
  await page.locator('.view-line', { hasText: text }).first().click();
  await page.keyboard.press('Control+End');
}

/** Replaces all of the source by what is typed. */
async function retype(page: Page, before: string, text: string): Promise<void> {
  await focusEnd(page, before);
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText(text);
}

const shown = (page: Page, text: string) => page.locator('.view-line', { hasText: text }).first().waitFor();
const tabOf = (page: Page, name: string) => page.getByRole('tablist', { name: 'Open functions' }).getByRole('tab', { name });
const toastOf = (page: Page, text: RegExp) => page.getByRole('region', { name: /Notifications/ }).getByText(text);
const ready = (page: Page) => page.getByText('TypeScript: ready').waitFor();

/** Waits for what somebody else has published; the page looks when somebody comes back to it, and every five seconds. */
async function noticed(page: Page, text: string): Promise<void> {
  const seen = async (): Promise<boolean> => {
    await page.evaluate(() => dispatchEvent(new Event('visibilitychange')));
    return page.getByText(text).first().isVisible();
  };
  await vi.waitUntil(seen, { timeout: 10_000, interval: 300 });
}

/** The process ids of a host's language servers. */
function languageServers(host: TestHost): number[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => {
    const [pid, parent, ...args] = line.trim().split(/\s+/);
    return Number(parent) === host.process.pid && args.join(' ').includes('--lsp') ? [Number(pid)] : [];
  });
}

describe.skipIf(withoutChromium())('the editor', () => {
  it('keeps a draft over a reload, and publishes it by Mod+S', async ({ host, open }) => {
    await host.publish('kept', answering('one'));
    const page = await open('/f/kept');
    await retype(page, "'one'", answering('two'));
    await tabOf(page, 'kept draft').waitFor();
    await page.reload();
    await shown(page, "'two'");
    expect((await host.call('/kept')).text).toBe('one');
    await page.keyboard.press('Control+S');
    await toastOf(page, /kept r2 is live in \d+ ms/).waitFor();
    expect((await host.call('/kept')).text).toBe('two');
    await tabOf(page, 'kept').waitFor();
    await shown(page, "'two'");
    expect(await page.getByRole('img', { name: 'draft' }).count()).toBe(0);
  });

  it('publishes nothing that does not compile, and lists why', async ({ host, open }) => {
    await host.publish('broken', answering('fine'));
    const page = await open('/f/broken');
    await focusEnd(page, "'fine'");
    await page.keyboard.insertText('\nconst = 1;');
    await page.getByRole('button', { name: 'Publish', exact: true }).click();
    await toastOf(page, /broken does not compile/).waitFor();
    const problem = page.getByRole('region', { name: 'Problems' }).getByRole('button').first();
    await page.locator('.squiggly-error').first().waitFor();
    await page.keyboard.press('Control+Home');
    await problem.click();
    await page.waitForURL('**/f/broken#L2:*');
    expect((await host.call('/broken')).text).toBe('fine');
    expect((await host.api('GET', '/v1/functions/broken')).json.revision).toBe(1);
  });

  it('asks before it publishes wrong types', async ({ host, open }) => {
    await host.publish('typed', answering('right'));
    const page = await open('/f/typed');
    await retype(page, "'right'", "const amount: number = 'wrong'; export default () => amount;");
    await page.keyboard.press('Control+S');
    const dialog = page.getByRole('dialog', { name: 'One type error in the draft of typed' });
    await dialog.getByText("Type 'string' is not assignable to type 'number'.").waitFor();
    expect((await host.call('/typed')).text).toBe('right');
    await dialog.getByRole('button', { name: 'Publish anyway' }).click();
    await toastOf(page, /typed r2 is live/).waitFor();
    expect((await host.call('/typed')).text).toBe('wrong');
  });

  it('completes what the SDK has, with the import, also after its language server was killed', async ({ host, open }) => {
    await host.publish('completed', "import cloud from '@lafjs/cloud';\n\nexport default () => 1;\n");
    const page = await open('/f/completed');
    await focusEnd(page, 'export default');
    await ready(page);
    await page.keyboard.type('cloud.');
    const offer = page.getByRole('option', { name: /^sockets/ });
    await offer.waitFor();
    await page.keyboard.press('Escape');
    const [pid] = languageServers(host);
    if (pid === undefined) throw new Error('The host has no language server.');
    process.kill(pid, 'SIGKILL');
    await page.keyboard.type('soc');
    await page.keyboard.press('Control+Space');
    await offer.waitFor();
    await page.keyboard.press('Enter');
    await shown(page, 'cloud.sockets');
    expect(languageServers(host)).not.toContain(pid);
  });

  it('follows what others publish, and settles conflicts: mine, theirs, or a merge', async ({ host, open }) => {
    await host.publish('shared', answering('v1'));
    const page = await open('/f/shared');
    await shown(page, "'v1'");
    await host.publish('shared', answering('v2'));
    await noticed(page, "'v2'");
    const conflict = page.getByRole('dialog', { name: /shared has moved to r\d/ });
    // Mine.
    await retype(page, "'v2'", answering('mine'));
    await host.publish('shared', answering('v3'));
    await page.keyboard.press('Control+S');
    await conflict.getByRole('button', { name: 'Publish mine over r3' }).click();
    await toastOf(page, /shared r4 is live/).waitFor();
    expect((await host.call('/shared')).text).toBe('mine');
    // Theirs.
    await retype(page, "'mine'", answering('lost'));
    await host.publish('shared', answering('theirs'));
    await noticed(page, 'r5 went live');
    await page.getByRole('button', { name: 'Use theirs' }).click();
    await shown(page, "'theirs'");
    // A merge.
    await retype(page, "'theirs'", answering('again'));
    await host.publish('shared', answering('other'));
    await page.keyboard.press('Control+S');
    await conflict.locator('.modified .view-line', { hasText: "'again'" }).click();
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText(answering('both'));
    await conflict.getByRole('button', { name: 'Publish the merge' }).click();
    await toastOf(page, /shared r7 is live/).waitFor();
    expect((await host.call('/shared')).text).toBe('both');
    await shown(page, "'both'");
  });

  it('goes on over a restart of the host without losing a character', async ({ open }) => {
    await using first = await TestHost.start();
    await first.publish('survivor', answering('old'));
    const page = await open('/f/survivor', { host: first });
    await focusEnd(page, "'old'");
    await ready(page);
    await page.keyboard.type('// before ');
    await first.end('SIGKILL');
    await page.keyboard.type('while ');
    await page.keyboard.press('Control+S');
    await toastOf(page, /host is not responding/).waitFor();
    const { dataDir, port, consolePort } = first;
    await using second = await TestHost.start({ dataDir, port, consolePort });
    await page.keyboard.type('after');
    await ready(page);
    await page.keyboard.press('Control+S');
    await toastOf(page, /survivor r2 is live/).waitFor();
    const { source } = (await second.api('GET', '/v1/functions/survivor')).json;
    expect(source).toBe(`${answering('old')}// before while after`);
  });

  it('writes one draft in two browser tabs without losing what either typed', async ({ host, open }) => {
    await host.publish('twice', answering('begin'));
    const page = await open('/f/twice');
    await focusEnd(page, "'begin'");
    const other = await page.context().newPage();
    await other.goto(page.url());
    await focusEnd(other, "'begin'");
    await page.keyboard.type('// from one');
    await shown(other, '// from one');
    await Promise.all([page.keyboard.insertText(' and one'), other.keyboard.insertText(' and two')]);
    // Whoever was written over still has its text, and the one that wrote over it says so. On a slow machine
    // one tab may have taken over the other's text before it wrote: then both have all of it.
    const text = async (tab: Page): Promise<string> => (await tab.locator('.view-lines').textContent())?.replaceAll('\u00a0', ' ') ?? '';
    const tabs = [page, other];
    const isAsked = (tab: Page): Promise<boolean> => tab.getByText('also edited in another browser tab').isVisible();
    const hasAll = async (tab: Page): Promise<boolean> => /and one/.test(await text(tab)) && /and two/.test(await text(tab));
    await expect
      .poll(async () => (await Promise.all(tabs.map(isAsked))).includes(true) || !(await Promise.all(tabs.map(hasAll))).includes(false), {
        timeout: 20_000,
      })
      .toBe(true);
    for (const asked of tabs) {
      if (!(await isAsked(asked))) continue;
      const lost = (await text(asked)).includes('two') ? 'one' : 'two';
      await asked.getByRole('button', { name: 'Use the other version' }).click();
      for (const tab of tabs) await shown(tab, `and ${lost}`);
      break;
    }
    await other.close();
  });

  it('keeps what was typed when another tab wrote without having seen it, and offers the other version', async ({ host, open }) => {
    await host.publish('blind', answering('begin'));
    const page = await open('/f/blind');
    await focusEnd(page, "'begin'");
    await page.keyboard.type('// mine');
    const key = 'hearth.draft.blind';
    await expect.poll(() => page.evaluate((name) => localStorage.getItem(name), key)).toContain('// mine');
    // Tabs of different processes come to this when both write at one moment: the event tells what the other replaced.
    await page.evaluate((name) => {
      const newValue = (localStorage.getItem(name) ?? '').replace('// mine', '// theirs');
      localStorage.setItem(name, newValue);
      dispatchEvent(new StorageEvent('storage', { key: name, oldValue: null, newValue, storageArea: localStorage }));
    }, key);
    await page.getByText('also edited in another browser tab').waitFor();
    await shown(page, '// mine');
    await page.getByRole('button', { name: 'Use the other version' }).click();
    await shown(page, '// theirs');
  });

  it('renames across functions, and publishes all drafts together', async ({ host, open }) => {
    await host.publish('sums/add', 'export const add = (a: number, b: number) => a + b;');
    await host.publish('sum', "import { add } from '@/sums/add'; export default () => String(add(1, 2));");
    const page = await open('/f/sum#L1:64');
    await shown(page, 'String');
    await ready(page);
    await page.keyboard.press('F12');
    await page.waitForURL('**/f/sums%2Fadd#L1:14');
    await shown(page, 'export const add');
    await page.keyboard.press('F2');
    await page
      .getByRole('textbox', { name: /Rename input/ })
      .and(page.locator(':focus'))
      .waitFor();
    await page.keyboard.type('plus');
    await page.keyboard.press('Enter');
    await tabOf(page, 'sum draft').waitFor();
    await tabOf(page, 'add draft').waitFor();
    await page.keyboard.press('Control+S');
    const dialog = page.getByRole('dialog', { name: /One type error/ });
    await dialog.getByText(/has no exported member/).waitFor();
    await dialog.getByRole('button', { name: 'Publish all 2 drafts' }).click();
    await toastOf(page, /2 functions are live/).waitFor();
    expect((await host.call('/sum')).text).toBe('3');
    expect((await host.api('GET', '/v1/functions/sum')).json.source).toContain('plus(1, 2)');
  });

  it('asks whether to publish what does not load, marks it, and runs __init__ again, after which it loads', async ({ host, open }) => {
    const page = await open('/f');
    await host.publish('late', answering('early'));
    await host.publish('__init__', "import cloud from '@lafjs/cloud';\nexport default () => { cloud.shared.set('late', { key: 'k' }); };");
    await page.goto(new URL('/f/late', page.url()).href);
    await retype(
      page,
      "'early'",
      "import cloud from '@lafjs/cloud';\nconst { key } = cloud.shared.get('late') as any;\nexport default () => key;",
    );
    await ready(page);
    await page.keyboard.press('Control+S');
    await page.getByRole('button', { name: 'Publish anyway' }).click();
    await toastOf(page, /late r2 is live in \d+ ms/).waitFor();
    await page.getByText('Revision 2 does not load').waitFor();
    await page.getByRole('treeitem', { name: /late.*does not load/ }).waitFor();
    expect((await host.call('/late')).status).toBe(500);
    await page.goto(new URL('/f/__init__', page.url()).href);
    await page.getByRole('button', { name: 'Run again' }).click();
    await toastOf(page, /__init__ has run, in \d+ ms/).waitFor();
    expect((await host.call('/late')).text).toBe('k');
    await page.goto(new URL('/f/late', page.url()).href);
    await shown(page, 'cloud.shared.get');
    await page.getByText('Revision 2 does not load').waitFor({ state: 'detached' });
  });
});
