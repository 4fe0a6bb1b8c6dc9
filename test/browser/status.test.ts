import { describe, expect } from 'vitest';
import { TestHost } from '../scenario/host.ts';
import { withoutChromium } from './chromium.ts';
import { it } from './console.ts';

it.override('host', { scope: 'file' }, async ({}, { onCleanup }) => {
  const host = await TestHost.start({ env: { WORKER_STUCK_MS: '1500', FUNCTION_CPU_LIMIT_MS: '300' } });
  onCleanup(() => host[Symbol.asyncDispose]());
  return host;
});

// Neither a guard nor V8's linear engine reaches a regular expression with a backreference.
const deadly = "export default () => {\n  console.log('about to match');\n  return /^(a+)+\\1$/.test('a'.repeat(60) + '!');\n};";

describe.skipIf(withoutChromium())('the status page', () => {
  it('says how the worker is, plots how it has been, and restarts it', async ({ host, open }) => {
    const page = await open('/status');
    const worker = page.getByRole('region', { name: 'Worker', exact: true });
    const pid = await host.workerPid();
    await worker.getByText('serving').waitFor();
    await worker.getByText(String(pid), { exact: true }).waitFor();
    await page.getByRole('img', { name: /^Memory: Worker between .* MB and .* MB/ }).waitFor();
    await page.getByRole('slider', { name: 'Memory: moment' }).press('Home');
    expect(await page.getByText(/^at \d\d:\d\d:\d\d$/).count()).toBe(4);
    await page.getByLabel('Show').selectOption('30 minutes');
    await worker.getByRole('button', { name: 'Restart the worker' }).click();
    const dialog = page.getByRole('dialog', { name: 'Restart the worker?' });
    await dialog.getByText('1012').waitFor();
    await dialog.getByRole('button', { name: 'Restart' }).click();
    const said = await page.getByText(/A fresh worker serves: process \d+/).textContent();
    const fresh = await host.workerPid();
    expect(fresh).not.toBe(pid);
    expect(said).toContain(String(fresh));
    await worker.getByText(String(fresh), { exact: true }).waitFor();
  });

  it('shows whose function ended its worker, explains it in a report, and goes back to the revision before', async ({ host, open }) => {
    await host.publish('rooms/match', "export default () => 'first'");
    await host.publish('rooms/match', deadly);
    const page = await open('/status');
    await page.getByText('No crashes.').waitFor();
    await expect(host.call('/rooms/match')).rejects.toThrow();
    const off = page.getByRole('listitem', { name: 'rooms/match' });
    await off.getByText(/^revision 2,/).waitFor();
    const crashes = page.getByRole('region', { name: 'List of crashes' });
    expect(await crashes.getByRole('link', { name: 'rooms/match:3' }).getAttribute('href')).toMatch(/^\/f\/rooms%2Fmatch#L3:\d+$/);
    await off.getByRole('link', { name: 'Crash report' }).click();
    await page.getByText('A function ran without a pause').waitFor();
    await page.getByText('about to match').waitFor();
    await page
      .getByRole('region', { name: 'Stack' })
      .getByRole('link', { name: /^rooms\/match\.ts:3:\d+$/ })
      .waitFor();
    await page.getByRole('button', { name: 'Copy the report as JSON' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    expect(JSON.parse(await page.evaluate(() => navigator.clipboard.readText()))).toMatchObject({ cause: 'stuck', quarantined: true });
    await page.getByRole('main').getByRole('link', { name: 'Status' }).click();
    await off.getByRole('button', { name: 'Go back to revision 1' }).click();
    await page.getByText('rooms/match is enabled again, as revision 3.').waitFor();
    await off.waitFor({ state: 'detached' });
    expect((await host.call('/rooms/match')).text).toBe('first');
    // The line that is blamed is no longer live: its link leads to the revision that had it.
    const blamed = page.getByRole('note', { name: 'Last crash' }).getByRole('link', { name: 'rooms/match:3' });
    await page.waitForFunction((link) => link?.getAttribute('href') === '/f/rooms%2Fmatch/r/2', await blamed.elementHandle());
  });
});
