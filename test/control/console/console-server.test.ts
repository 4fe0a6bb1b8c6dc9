import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import net from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { openConsole } from '../../../runtime/control/console/console-server.ts';

async function get(port: number, path: string): Promise<readonly [number, unknown]> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  return [response.status, await response.json()];
}

it('openConsole() answers that the host waits, until it is given something to answer by', async () => {
  const console = await openConsole('127.0.0.1', 0);
  onTestFinished(() => console.close());
  expect(await get(console.port, '/_/healthz')).toEqual([200, { status: 'ok' }]);
  expect(await get(console.port, '/_/readyz')).toEqual([503, { status: 'waiting' }]);
  const error = { code: 'STORE_UNAVAILABLE', message: expect.stringContaining('waiting') };
  expect(await get(console.port, '/v1/functions')).toEqual([503, { error }]);
  console.use({ request: (_, response) => void response.end('"served"'), upgrade: (_, socket) => socket.destroy() });
  expect(await get(console.port, '/v1/functions')).toEqual([200, 'served']);
});

it('openConsole() refuses a port that is in use with PORT_UNAVAILABLE, which names the variable', async () => {
  const other = net.createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  const address = other.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await expect(openConsole('127.0.0.1', port)).rejects.toMatchObject({
    code: 'PORT_UNAVAILABLE',
    details: { host: '127.0.0.1', port, reason: 'EADDRINUSE', variable: 'CONSOLE_PORT' },
  });
});

it('openConsole() passes over an offer of h2c and answers the request', async () => {
  const console = await openConsole('127.0.0.1', 0);
  onTestFinished(() => console.close());
  console.use({ request: (_, response) => void response.end('served'), upgrade: (_, socket) => socket.destroy() });
  const headers = { Connection: 'Upgrade, HTTP2-Settings', Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABk' };
  const asked = request({ host: '127.0.0.1', port: console.port, headers, agent: false }).end();
  const [response]: IncomingMessage[] = await once(asked, 'response');
  expect(response?.statusCode).toBe(200);
  response?.resume();
});

it('close() cuts connections that are not idle soon', async () => {
  const console = await openConsole('127.0.0.1', 0);
  console.use({ request: () => undefined, upgrade: () => undefined });
  const hanging = fetch(`http://127.0.0.1:${console.port}/`).then(
    () => 'answered',
    () => 'cut off',
  );
  // Its request is there once the server has a connection that is not idle.
  await fetch(`http://127.0.0.1:${console.port}/`, { signal: AbortSignal.timeout(100) }).catch(() => {});
  await console.close();
  expect(await hanging).toBe('cut off');
});
