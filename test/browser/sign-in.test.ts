import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, vi } from 'vitest';
import { TestHost } from '../scenario/host.ts';
import { withoutChromium } from './chromium.ts';
import { it } from './console.ts';

describe.skipIf(withoutChromium())('the console', () => {
  it('signs in by a link that is opened in the tab of the sign-in page', async ({ open }) => {
    await using host = await TestHost.start({ env: { ADMIN_TOKEN: '' } });
    const hash = await vi.waitUntil(() => /http:\/\/[^/\s]+\/(#code=\S+)/.exec(host.output)?.[1]);
    const page = await open('/', { signedIn: false, host });
    await page.getByLabel('Admin token').waitFor();
    await page.evaluate((link) => location.assign(link), hash);
    await page.getByRole('tree', { name: 'Functions' }).getByText('hello').waitFor();
    expect(page.url()).not.toContain('code');
  });

  it('calls functions at FUNCTIONS_URL', async ({ open }) => {
    const port = await findFreePort();
    await using host = await TestHost.start({ port, env: { FUNCTIONS_URL: `http://localhost:${port}` } });
    const page = await open('/', { host });
    await page.getByRole('button', { name: 'New function' }).first().click();
    await page.getByRole('dialog', { name: 'New function' }).getByText(`http://localhost:${port}/`).waitFor();
    // The page's policy lets it.
    expect(await page.evaluate(async (url) => (await fetch(url)).status, `http://localhost:${port}/hello`)).toBe(200);
  });
});

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return address !== null && typeof address === 'object' ? address.port : 0;
}
