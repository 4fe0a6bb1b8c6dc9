import { once } from 'node:events';
import { expect, it } from 'vitest';
import { TestHost } from './host.ts';

it('a worker stuck in for(;;) is ended, the standby answers, and a publish goes through again', { timeout: 60_000 }, async () => {
  await using host = await TestHost.start();
  await host.publish('fine', "export default () => 'fine'");
  await host.publish('spin', 'export default () => { for (;;) {} }');
  const stuck = await host.workerPid();
  const socket = await host.connect();
  const closed = once(socket, 'close');
  const spinning = host.call('/spin').then(
    () => 'answered',
    () => 'cut off',
  );
  expect(await spinning).toBe('cut off');
  expect((await closed)[0]).toBe(1006);
  expect((await host.call('/fine')).text).toBe('fine');
  expect(await host.workerPid()).not.toBe(stuck);
  await host.publish('spin', "export default () => 'mended'");
  expect((await host.call('/spin')).text).toBe('mended');
  const { json } = await host.api('GET', '/v1/logs?level=error');
  expect(json.logs.map(({ message }: { message: string }) => message).join('\n')).toContain('has been stuck');
});
