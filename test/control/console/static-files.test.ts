import { once } from 'node:events';
import { readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import net from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openFiles } from '../../../runtime/control/console/static-files.ts';
import { send, token } from '../api/client.ts';
import { startConsole, tempDir } from './host.ts';

const page = '<!doctype html><title>console</title>';
const script = 'export const answer = 42;';
const web = {
  'index.html': page,
  'assets/main-ABCD2345.js': script,
  'assets/main-ABCD2345.js.gz': gzipSync(script),
  'assets/plain.js': script,
  'favicon.svg': '<svg/>',
};
const html = { accept: 'text/html,*/*' };

describe('openFiles()', () => {
  it('lets browsers keep what has a hash in its name, and nothing else', async () => {
    const console = await startConsole({ web });
    const kept = await console.call('GET', '/assets/main-ABCD2345.js');
    expect([kept.status, kept.text]).toEqual([200, script]);
    expect(kept.headers).toMatchObject({ 'cache-control': 'public, max-age=31536000, immutable', 'content-type': 'text/javascript' });
    for (const path of ['/assets/plain.js', '/favicon.svg', '/index.html', '/logs']) {
      const reply = await console.call('GET', path);
      expect([path, reply.status, reply.headers['cache-control']]).toEqual([path, 200, 'no-cache']);
    }
  });

  it('sends the gzip form to who takes it, and nothing to who has the file', async () => {
    const console = await startConsole({ web });
    const path = '/assets/main-ABCD2345.js';
    const packed = await console.call('GET', path, { headers: { 'accept-encoding': 'gzip' } });
    expect(packed.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding', 'content-type': 'text/javascript' });
    const etag = String(packed.headers.etag);
    expect((await console.call('GET', path, { headers: { 'accept-encoding': 'gzip', 'if-none-match': etag } })).status).toBe(304);
  });

  it('answers paths of the app with its page, to GET and HEAD only', async () => {
    const console = await startConsole({ web });
    for (const path of ['/', '/logs', '/f/a/b', '/f/v1.users', '/status?x=1', '/%zz']) {
      const reply = await console.call('GET', path, { headers: html });
      expect([path, reply.status, reply.text]).toEqual([path, 200, page]);
    }
    const head = await console.call('HEAD', '/logs', { headers: html });
    expect([head.status, head.text, head.headers['content-length']]).toEqual([200, '', String(page.length)]);
    expect((await console.call('POST', '/logs', { headers: html })).status).toBe(404);
  });

  it.each([
    '/assets/none.js',
    '/assets/none',
    '/none.js',
    '/.env',
    '/../secret',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/../../secret.txt',
  ])('has nothing outside of its folder or the app’s paths: %s', async (path) => {
    const console = await startConsole({
      web: { ...web, '../secret.txt': 'hidden words', '../secret': 'hidden words', '.env': 'hidden words' },
    });
    const reply = await console.call('GET', path, { headers: html });
    expect(reply.text).not.toContain('hidden words');
    expect(reply.status === 404 || reply.text === page).toBe(true);
  });

  it('leaves the paths of the API to it', async () => {
    const console = await startConsole({ web });
    expect((await console.call('GET', '/v1/none', { headers: html, token })).status).toBe(404);
    expect((await console.call('GET', '/metrics', { headers: html })).status).toBe(401);
    expect((await console.call('GET', '/_/none', { headers: html })).status).toBe(401);
    expect((await console.call('GET', '/')).body).toMatchObject({ api: '/v1/openapi.json' });
  });

  it('says how to build the app when there is none', async () => {
    const console = await startConsole();
    const reply = await console.call('GET', '/', { headers: html });
    expect([reply.status, reply.headers['content-type']]).toEqual([503, 'text/plain; charset=utf-8']);
    expect(reply.text).toContain('npm run build');
  });

  it('takes no part of a file and survives ranges without sense', async () => {
    const console = await startConsole({ web });
    for (const range of ['bytes=9-2', 'bytes=0-1', 'bytes=x']) {
      const reply = await console.call('GET', '/favicon.svg', { headers: { range } });
      expect([reply.status, reply.text]).toEqual([200, '<svg/>']);
    }
  });

  it('cuts the answer when a file has gone since the start, and goes on', async () => {
    const dir = await tempDir();
    await writeFile(join(dir, 'index.html'), page);
    await writeFile(join(dir, 'gone.js'), script);
    const port = await serve(dir);
    await rm(join(dir, 'gone.js'));
    await expect(send({ port, method: 'GET', path: '/gone.js' })).rejects.toThrow();
    expect((await send({ port, method: 'GET', path: '/' })).text).toBe(page);
  });

  it.skipIf(process.platform !== 'linux')('closes the file when its client has gone', async () => {
    const dir = await tempDir();
    const file = join(dir, 'large.bin');
    await writeFile(join(dir, 'index.html'), page);
    await writeFile(file, Buffer.alloc(32 * 1024 * 1024));
    const port = await serve(dir);
    const socket = net.connect(port, '127.0.0.1');
    socket.write('GET /large.bin HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'data');
    socket.pause();
    expect(await isOpen(file)).toBe(true);
    socket.destroy();
    await vi.waitUntil(async () => !(await isOpen(file)), { timeout: 10_000 });
  });
});

describe('setSecurityHeaders()', () => {
  it('lets the page talk to itself and to the functions only', async () => {
    const console = await startConsole({ web });
    const policyFor = async (host: string) => {
      const reply = await console.call('GET', '/logs', { headers: { ...html, host } });
      expect(reply.headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
      });
      return String(reply.headers['content-security-policy']);
    };
    const policy = await policyFor('console.test:4001');
    expect(policy).toContain("default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; ");
    expect(policy).toContain(
      "connect-src 'self' http://console.test:4567 https://console.test:4567 ws://console.test:4567 wss://console.test:4567; frame-ancestors 'none'",
    );
    expect(await policyFor('[::1]:4001')).toContain('ws://*:4567');
    for (const host of ["x; script-src 'unsafe-inline'", 'a b', 'x,y', 'user@host']) {
      expect(await policyFor(host)).toContain("connect-src 'self'; frame-ancestors");
    }
  });

  it.each([
    ['https://api.example.com', 'https://api.example.com wss://api.example.com'],
    ['http://192.0.2.1:8080', 'http://192.0.2.1:8080 ws://192.0.2.1:8080'],
    ['http://[::1]:8080', 'http://*:8080 ws://*:8080'],
  ])('lets the page talk to the functions where the host was told that they are: %s', async (functionsUrl, sources) => {
    const console = await startConsole({ web, functionsUrl });
    const reply = await console.call('GET', '/logs', { headers: html });
    expect(reply.headers['content-security-policy']).toContain(`connect-src 'self' ${sources}; frame-ancestors`);
  });
});

async function serve(dir: string): Promise<number> {
  const files = openFiles(dir);
  const server = createServer((request, response) => files(request, response, () => response.writeHead(404).end()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Whether this process has the file open. */
async function isOpen(file: string): Promise<boolean> {
  const links = await Promise.all((await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
  return links.includes(file);
}
