import { execFile } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { readFile } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StartedWork } from '../../../runtime/worker/functions/started-work.ts';

const server = createServer((_request, response) => void setTimeout(() => response.end('ok'), 30));
let url: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new TypeError('no port');
  url = `http://127.0.0.1:${address.port}`;
});

afterAll(() => void server.close());

const sleep = (time: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, time));
async function after(promise: Promise<unknown>, done: () => void): Promise<void> {
  await promise;
  done();
}

/** Far more than any of this takes; no test waits for it. */
const long = 10_000;

describe('StartedWork', () => {
  it.each<[string, (done: () => void) => unknown]>([
    [
      'a promise',
      async (done) => {
        await sleep(30);
        done();
      },
    ],
    ['a timer', (done) => void setTimeout(done, 30)],
    ['timers one after another', (done) => void setTimeout(() => setImmediate(() => setTimeout(done, 30)), 5)],
    ['a file', (done) => readFile(import.meta.filename, done)],
    ['a promise of a file that it does not return', (done) => void after(stat(import.meta.filename), done)],
    ['a program', (done) => void execFile('sleep', ['0.05'], done)],
    [
      'a request',
      (done) =>
        void after(
          fetch(url).then((response) => response.text()),
          done,
        ),
    ],
  ])('waits for %s', async (_, start) => {
    const work = new StartedWork();
    let over = false;
    work.run(() => start(() => (over = true)));
    expect(over).toBe(false);
    await work.settled(long);
    expect(over).toBe(true);
  });

  it.each<[string, () => unknown]>([
    ['nothing', () => undefined],
    ['a timer that keeps no process alive', () => setTimeout(() => {}, long).unref()],
    ['a timer that it clears', () => clearTimeout(setTimeout(() => {}, long))],
    ['a promise that it does not return', () => void new Promise(() => {})],
  ])('does not wait for %s', async (_, start) => {
    const work = new StartedWork();
    work.run(() => start());
    await expect(work.settled(long)).resolves.toBeUndefined();
  });

  it('waits for code that it has woken, with all that this does then', async () => {
    const emitter = new EventEmitter();
    let over = false;
    void (async () => {
      await once(emitter, 'event');
      await stat(import.meta.filename);
      await sleep(30);
      await sleep(30);
      over = true;
    })();
    const work = new StartedWork();
    work.run(() => emitter.emit('event'));
    await work.settled(long);
    expect(over).toBe(true);
  });

  it('does not wait for what others start meanwhile', async () => {
    const other = setInterval(() => {}, 1);
    const work = new StartedWork();
    work.run(() => sleep(20));
    const later = setTimeout(() => {}, long);
    await expect(work.settled(long)).resolves.toBeUndefined();
    clearInterval(other);
    clearTimeout(later);
  });

  it('does not wait any longer for code that says it has finished, but for the rest', async () => {
    const work = new StartedWork();
    let over = false;
    work.run(async () => {
      await sleep(5);
      work.finish();
      await new Promise(() => {});
    });
    work.run(() => void setTimeout(() => (over = true), 60));
    await work.settled(long);
    expect(over).toBe(true);
  });

  it('waits no longer than it is told to', async () => {
    const work = new StartedWork();
    work.run(() => new Promise(() => {}));
    await expect(work.settled(30)).resolves.toBeUndefined();
  });
});
