import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { withoutChromium } from './chromium.ts';
import { it } from './console.ts';

const log = (page: Page) => page.getByRole('log', { name: 'Log lines' });

const talker = `export default async function (ctx: FunctionContext) {
  console.log('hello', ctx.query.who);
  console.warn('\\u001b[31mred <b>\\u001b[0m');
  if (ctx.query.fail) throw new Error('no luck');
  return 'ok';
}`;

const flood = `export default function (ctx: FunctionContext) {
  for (let i = 0; i < Number(ctx.query.lines); i++) console.log(\`\${ctx.query.mark} \${i}\`);
  return 'ok';
}`;

describe.skipIf(withoutChromium())('LogsPage', () => {
  it('shows the lines of a call as they come, in their colours, and those of one request by one click', async ({ host, open }) => {
    await host.publish('talker', talker);
    const page = await open('/logs');
    await page.getByText('Live').waitFor();
    await host.call('/talker?who=first', { headers: { 'x-request-id': 'request-one' } });
    await host.call('/talker?who=second', { headers: { 'x-request-id': 'request-two' } });
    await log(page).getByText('hello first').waitFor();
    await log(page).getByText('hello second').waitFor();
    expect(await log(page).getByText('red <b>').first().textContent()).toBe('red <b>');
    await log(page).getByRole('link', { name: 'Request request-…' }).first().click();
    await page.waitForURL('**/logs?requestId=*');
    await page.getByText('2 lines').waitFor();
    await page.getByRole('button', { name: 'Request request-one' }).click();
    await log(page).getByText('hello second').waitFor();
  });

  it('links each frame of a stack to its line, and is worked by the keyboard', async ({ host, open }) => {
    await host.publish('talker', talker);
    await host.call('/talker?fail=1', { headers: { 'x-request-id': 'unlucky' } });
    const page = await open('/logs?level=error&requestId=unlucky');
    await log(page).getByText('no luck').waitFor();
    await log(page).focus();
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await log(page).getByRole('link', { name: 'talker.ts:4:29' }).first().click();
    await page.waitForURL('**/f/talker#L4:29');
  });

  it('keeps its filter in the address', async ({ host, open }) => {
    await host.publish('talker', talker);
    await host.call('/talker?who=somebody');
    const page = await open('/logs');
    await page.getByLabel('Text', { exact: true }).fill('SOMEBODY');
    await page.waitForURL('**/logs?text=SOMEBODY');
    await page.getByLabel('Function', { exact: true }).selectOption('talker');
    await page.waitForURL('**/logs?function=talker&text=SOMEBODY');
    await page.reload();
    await log(page).getByText('hello somebody').waitFor();
    await page.getByLabel('Level', { exact: true }).selectOption('error');
    await page.getByRole('heading', { name: 'No matching lines' }).waitFor();
    await page.getByRole('button', { name: 'Show all lines' }).click();
    await page.waitForURL('**/logs');
    await log(page).getByText('hello somebody').waitFor();
  });

  it('stays where somebody reads, says how many lines have come, pauses and clears', async ({ host, open }) => {
    await host.publish('flood', flood);
    await host.call('/flood?mark=before&lines=200');
    const page = await open('/logs?function=flood');
    await log(page).getByText('before 199').waitFor();
    await log(page).focus();
    await page.keyboard.press('Home');
    await log(page).getByText('before 0', { exact: true }).waitFor();
    await host.call('/flood?mark=below&lines=3');
    const more = page.getByRole('button', { name: '3 new lines' });
    await more.waitFor();
    await log(page).getByText('before 0', { exact: true }).waitFor();
    await more.click();
    await log(page).getByText('below 2').waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await host.call('/flood?mark=paused&lines=4');
    await page.getByRole('button', { name: 'Resume (4 new)' }).waitFor();
    expect(await log(page).getByText('paused 3').count()).toBe(0);
    await page.getByRole('button', { name: 'Resume (4 new)' }).click();
    await log(page).getByText('paused 3').waitFor();
    await page.getByRole('button', { name: 'Clear the view' }).click();
    await page.getByText('0 lines').waitFor();
    await host.call('/flood?mark=after&lines=1');
    await log(page).getByText('after 0').waitFor();
    await page.getByText('1 line', { exact: true }).waitFor();
  });

  it('takes a flood, draws only what is in sight, and ends at the last line', async ({ host, open }) => {
    await host.publish('flood', flood);
    const page = await open('/logs?function=flood&text=flooded');
    await page.getByText('Live').waitFor();
    // Fewer at a time than what a worker passes on at once: none of them is dropped.
    for (let calls = 0; calls < 10; calls += 1) {
      await host.call(`/flood?mark=flooded&lines=500`);
      await page.getByText(`${((calls + 1) * 500).toLocaleString('en')} lines`).waitFor();
    }
    await log(page).getByText('flooded 499').waitFor();
    expect(await log(page).getByRole('button').count()).toBeLessThan(100);
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download as text' }).click();
    expect((await download).suggestedFilename()).toMatch(/^hearth-.*\.log$/);
    // A page that comes later begins with the newest thousand.
    const late = await open('/logs');
    await late.getByText('1,000 lines').waitFor();
    await late.getByRole('button', { name: 'Load earlier lines' }).click();
    await late.getByText(/^[5-9],\d{3} lines$/).waitFor();
    await log(late).getByText('flooded 499').waitFor();
  });

  it('goes on by itself when the host has come back', async ({ open }) => {
    const { TestHost } = await import('../scenario/host.ts');
    const first = await TestHost.start();
    await first.publish('talker', talker);
    const page = await open('/logs', { host: first });
    await page.getByText('Live').waitFor();
    const { dataDir, port, consolePort } = first;
    await first.end();
    await page.getByText('Reconnecting…').waitFor();
    await using second = await TestHost.start({ dataDir, port, consolePort });
    await page.getByText('Live').waitFor();
    await second.call('/talker?who=again');
    await log(page).getByText('hello again').waitFor();
  });
});
