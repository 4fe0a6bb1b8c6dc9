import { expect, it } from 'vitest';
import { judgeShortage } from '../../../../runtime/control/app/workers/resource-pressure.ts';

const descriptors = { type: 'descriptors', open: 900, limit: 1_000 } as const;

it('judgeShortage() has another worker take over when something other than WebSockets holds the descriptors', () => {
  expect(judgeShortage(descriptors, 449)).toEqual({ drain: '900 of 1000 file descriptors are open' });
});

it('judgeShortage() keeps a worker whose descriptors are WebSockets, and says what to raise', () => {
  expect(judgeShortage(descriptors, 450)).toEqual({ warn: expect.stringMatching(/^900 of 1000 .* 450 for WebSockets.*ulimit -n/) });
});

it('judgeShortage() names the size of the memory and who holds it', () => {
  const evidence = { lines: [], frames: [], running: [] };
  const report = { type: 'memory', level: 'soft', rss: 3 * 1024 ** 2, blockedMs: 0, ...evidence } as const;
  const suspects = [{ function: 'hoards', revision: 1, bytes: 9 }];
  expect(judgeShortage({ ...report, suspects: [] }, 0)).toEqual({ drain: 'it is using 3 MB of memory' });
  expect(judgeShortage({ ...report, suspects }, 9)).toEqual({
    drain: 'it is using 3 MB of memory; hoards allocated most of what was sampled',
  });
});
