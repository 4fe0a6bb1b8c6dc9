import { expect, it } from 'vitest';
import { TestHost } from './host.ts';

it('npm start publishes the starter functions into an empty store, once', async () => {
  await using host = await TestHost.start();
  expect((await host.call('/hello?name=Ada')).text).toContain('Ada');
  expect((await host.call('/demo')).headers.get('content-type')).toBe('text/html; charset=utf-8');
  await host.api('DELETE', '/v1/functions/hello');
  await host.end();
  await using again = await TestHost.start({ dataDir: host.dataDir });
  expect((await again.call('/hello')).status).toBe(404);
  expect((await again.call('/demo')).status).toBe(200);
});
