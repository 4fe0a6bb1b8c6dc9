import { executionAsyncResource } from 'node:async_hooks';
import { setImmediate } from 'node:timers/promises';
import v8 from 'node:v8';
import vm from 'node:vm';
import { describe, expect, it } from 'vitest';
import { ServedApp } from '../../runtime/worker/process/served-app.ts';
import { NextTickRecord } from '../../runtime/internals/node-next-tick.ts';
import { settings } from '../sdk/host.ts';

/** Whether V8 gives two objects one shape. */
function haveOneShape(a: object, b: object): unknown {
  v8.setFlagsFromString('--allow-natives-syntax');
  try {
    const compare: unknown = vm.runInThisContext('(a, b) => %HaveSameMap(a, b)');
    return typeof compare === 'function' ? compare(a, b) : compare;
  } finally {
    v8.setFlagsFromString('--no-allow-natives-syntax');
  }
}

function nextTick(): Promise<object> {
  return new Promise((resolve) => process.nextTick(() => resolve(executionAsyncResource())));
}

describe('NextTickRecord', () => {
  it('keep() holds a record that has the shape of every later one', async () => {
    const shape = new NextTickRecord();
    expect(shape.tick).toBeUndefined();
    shape.keep();
    await setImmediate();
    const later = await nextTick();
    expect(later).not.toBe(shape.tick);
    expect(haveOneShape({ a: 1 }, { b: 1 })).toBe(false);
    expect(haveOneShape(later, shape.tick ?? {})).toBe(true);
  });
});

it('ServedApp keeps the record of a tick', async () => {
  const worker = new ServedApp({ settings, sendLogs: () => {} });
  await setImmediate();
  expect(worker.ticks.tick).toHaveProperty('callback');
  await worker.close(0);
});
