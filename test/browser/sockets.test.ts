import type { Locator, Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { TestHost } from '../scenario/host.ts';
import { withoutChromium } from './chromium.ts';
import { it } from './console.ts';

const chat = `
  import cloud from '@lafjs/cloud';
  const users = cloud.shared.get('chat') ?? new Map();
  cloud.shared.set('chat', users);
  export const upgrade = (ctx) => (ctx.query.user === 'mallory' ? false : { id: ctx.query.user });
  export default (ctx) => {
    const { id } = ctx.user;
    if (ctx.method === 'WebSocket:connection') users.set(id, ctx.socket);
    if (ctx.method === 'WebSocket:close' && users.get(id) === ctx.socket) users.delete(id);
    if (ctx.method !== 'WebSocket:message') return;
    const { data, isBinary } = ctx.params;
    for (const socket of users.values()) socket.send(isBinary ? data : JSON.stringify({ from: id, said: data.toString() }));
  };
`;
const push = `
  import cloud from '@lafjs/cloud';
  export default ({ query }) => cloud.shared.get('chat').get(query.user).send('pushed: ' + query.text);
`;

function clientOf(page: Page, name: string): Locator {
  return page.getByRole('region', { name: `Client ${name}` });
}

async function setUser(client: Locator, name: string): Promise<void> {
  await client.getByRole('button', { name: 'Options of' }).click();
  await client.getByRole('button', { name: 'Add a parameter' }).click();
  await client.getByLabel('Name of the parameter').fill('user');
  await client.getByLabel('Value of user').fill(name);
  await client.getByRole('button', { name: 'Options of' }).click();
}

async function openChat(page: Page): Promise<{ ada: Locator; bob: Locator }> {
  const [ada, bob] = [clientOf(page, 'Ada'), clientOf(page, 'Bob')];
  await setUser(ada, 'ada');
  await setUser(bob, 'bob');
  await page.getByRole('button', { name: 'Connect all', exact: true }).click();
  await stateOf(ada, 'Connected');
  await stateOf(bob, 'Connected');
  return { ada, bob };
}

async function stateOf(client: Locator, text: string): Promise<void> {
  await client.getByRole('status').filter({ hasText: text }).first().waitFor();
}

async function say(client: Locator, text: string): Promise<void> {
  await client.getByRole('textbox', { name: 'Message of' }).fill(text);
  await client.getByRole('textbox', { name: 'Message of' }).press('Enter');
}

function frame(client: Locator, direction: 'sent' | 'received', text: string): Locator {
  return client.getByRole('log').getByRole('button', { name: direction }).filter({ hasText: text });
}

describe.skipIf(withoutChromium())('the socket console', () => {
  it('shows what two clients say to each other, and a push to one of them', async ({ host, open }) => {
    await host.publish('__websocket__', chat);
    await host.publish('push', push);
    const page = await open('/sockets');
    const { ada, bob } = await openChat(page);
    await say(ada, 'Hello Bob');
    await frame(ada, 'sent', 'Hello Bob').waitFor();
    await frame(bob, 'received', '"from":"ada","said":"Hello Bob"').waitFor();
    await frame(bob, 'received', 'Hello Bob').click();
    await bob.getByRole('log').getByText('  "from": "ada"').waitFor();
    expect((await host.call('/push?user=ada&text=only-you')).status).toBe(200);
    await frame(ada, 'received', 'pushed: only-you').waitFor();
    await say(bob, 'after the push');
    await frame(bob, 'received', 'after the push').waitFor();
    expect(await frame(bob, 'received', 'pushed').count()).toBe(0);
    await bob.getByLabel('Format of').selectOption('hex');
    await say(bob, '00 ff 0a');
    await frame(ada, 'received', '00 ff 0a').filter({ hasText: 'binary, 3 B' }).waitFor();
    await ada.getByLabel('Filter the frames').fill('ONLY-YOU');
    await frame(ada, 'received', 'Hello Bob').waitFor({ state: 'detached' });
    expect(await frame(ada, 'received', 'pushed: only-you').count()).toBe(1);
  });

  it('keeps sockets open through a publish and on other pages', async ({ host, open }) => {
    await host.publish('__websocket__', chat);
    const page = await open('/sockets');
    const { ada, bob } = await openChat(page);
    await host.publish('__websocket__', chat.replace('said:', 'wrote:'));
    await page.getByRole('link', { name: 'Status' }).first().click();
    await page.getByRole('heading', { name: 'Status' }).waitFor();
    await page.getByRole('link', { name: 'Sockets', exact: true }).click();
    await stateOf(ada, 'Connected');
    await say(ada, 'still here');
    await frame(bob, 'received', '"from":"ada","wrote":"still here"').waitFor();
    await page.getByRole('button', { name: 'Settings and help' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByLabel('Admin token').waitFor();
    await expect.poll(() => host.api('GET', '/v1/connections').then(({ json }) => json.total)).toBe(0);
  });

  it('sends to one socket and closes one from the table', async ({ host, open }) => {
    await host.publish('__websocket__', chat);
    const page = await open('/sockets');
    const { ada, bob } = await openChat(page);
    const table = page.getByRole('region', { name: 'Open sockets', exact: true });
    await page.getByLabel('Filter the open sockets').fill('user=bob');
    await table.getByRole('row').filter({ hasText: 'user=ada' }).waitFor({ state: 'detached' });
    const row = table.getByRole('row').filter({ hasText: 'user=bob' });
    await row.getByRole('button', { name: 'Send to' }).click();
    await page.getByRole('dialog').getByLabel('Message').fill('from the console');
    await page.getByRole('dialog').getByRole('button', { name: 'Send' }).click();
    await frame(bob, 'received', 'from the console').waitFor();
    expect(await frame(ada, 'received', 'from the console').count()).toBe(0);
    await bob.getByRole('button', { name: 'Options of' }).click();
    await bob.getByLabel('Reconnect automatically, with backoff').uncheck();
    await bob.getByRole('button', { name: 'Options of' }).click();
    await row.getByRole('button', { name: 'Disconnect' }).click();
    await page.getByLabel('Close code').fill('4001');
    await page.getByLabel('Reason').fill('that was enough');
    await page.getByRole('dialog').getByRole('button', { name: 'Disconnect' }).click();
    await bob.getByRole('log').getByText('Closed with 4001 (Application-defined code): that was enough').waitFor();
    await stateOf(bob, 'Closed: 4001');
    await stateOf(ada, 'Connected');
    await page.getByLabel('Filter the open sockets').fill('user=ada');
    await table.getByRole('button', { name: 'Send to' }).click();
    await page.getByRole('dialog').getByLabel('Message').waitFor();
  });

  it('checks JSON, and keeps saved messages and clients over a reload', async ({ host, open }) => {
    await host.publish('__websocket__', chat);
    const page = await open('/sockets');
    const ada = clientOf(page, 'Ada');
    const message = ada.getByRole('textbox', { name: 'Message of' });
    await ada.getByLabel('Format of').selectOption('json');
    await message.fill('{"type": "join",\n"room": }');
    await ada.getByText('Line 2, column 9: a value is expected here').waitFor();
    expect(await ada.getByRole('button', { name: 'Send', exact: true }).isDisabled()).toBe(true);
    await message.fill('{"type":"join"}');
    await ada.getByRole('button', { name: 'Format', exact: true }).click();
    expect(await message.inputValue()).toBe('{\n  "type": "join"\n}');
    await ada.getByRole('button', { name: 'Saved messages' }).click();
    await page.getByRole('menuitem', { name: 'Save this message…' }).click();
    await page.getByLabel('Name', { exact: true }).fill('Join');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await ada.getByLabel('Name of the client').fill('Grace');
    await page.reload();
    const grace = clientOf(page, 'Grace');
    await grace.getByRole('button', { name: 'Connect', exact: true }).click();
    await stateOf(grace, 'Connected');
    await grace.getByRole('button', { name: 'Saved messages' }).click();
    await page.getByRole('menuitem', { name: 'Join' }).click();
    await grace.getByRole('textbox', { name: 'Message of' }).press('Enter');
    await frame(grace, 'sent', '"type": "join"').waitFor();
    await grace.getByRole('textbox', { name: 'Message of' }).press('ArrowUp');
    expect(await grace.getByRole('textbox', { name: 'Message of' }).inputValue()).toContain('join');
    await grace.getByRole('button', { name: 'Saved messages' }).click();
    await page.getByRole('menuitem', { name: 'Saved messages…' }).click();
    await page.getByRole('button', { name: 'Edit Join' }).waitFor();
  });

  it('says why a client cannot connect', async ({ host, open }) => {
    await host.publish('__websocket__', chat);
    const page = await open('/sockets');
    const ada = clientOf(page, 'Ada');
    await setUser(ada, 'mallory');
    await ada.getByRole('button', { name: 'Connect', exact: true }).click();
    await ada.getByRole('alert').filter({ hasText: 'The connection was refused' }).waitFor();
    await ada.getByLabel('URL of Ada').fill('wss://example.com/chat');
    await ada.getByRole('button', { name: 'Connect', exact: true }).click();
    await ada.getByRole('alert').filter({ hasText: 'the browser blocks wss://example.com' }).waitFor();
    await ada.getByRole('button', { name: 'Options of' }).click();
  });

  it('shows one client at a time on a phone', async ({ host, open }) => {
    await host.publish('__websocket__', chat);
    const page = await open('/sockets', { context: { viewport: { width: 390, height: 844 } } });
    await page.getByRole('button', { name: 'Connect all', exact: true }).click();
    await stateOf(clientOf(page, 'Ada'), 'Connected');
    await page.getByRole('tab', { name: 'Bob' }).click();
    await say(clientOf(page, 'Bob'), 'from a phone');
    await frame(clientOf(page, 'Bob'), 'received', 'from a phone').first().waitFor();
    await page.getByRole('tab', { name: 'Open sockets' }).click();
    await page.getByRole('row').nth(2).waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  });

  it('connects again by itself when the host is back', async ({ open }) => {
    await using first = await TestHost.start();
    const page = await open('/sockets', { host: first });
    const ada = clientOf(page, 'Ada');
    await ada.getByRole('button', { name: 'Connect', exact: true }).click();
    await stateOf(ada, 'Connected');
    await first.end();
    await ada.getByRole('log').getByText('Closed with 1012 (Service restart)').waitFor();
    await stateOf(ada, 'again in');
    await using second = await TestHost.start({ port: first.port, consolePort: first.consolePort, dataDir: first.dataDir });
    await stateOf(ada, 'Connected');
    expect(await second.api('GET', '/v1/connections').then(({ json }) => json.total)).toBe(1);
  });

  it('offers to write the function that is missing', async ({ host, open }) => {
    await host.api('DELETE', '/v1/functions/__websocket__');
    const page = await open('/sockets');
    await page.getByRole('heading', { name: 'No function receives sockets yet' }).waitFor();
    await page.getByRole('button', { name: 'New function' }).click();
    await page.waitForURL('**/f');
  });
});
