import { describe, expect, it, vi } from 'vitest';
import { messages, open, rawClient, recorder, startHost, textOf } from './host.ts';

/** So many tiny messages, in one piece. */
const tiny = (count: number): Buffer => Buffer.concat(Array.from({ length: count }, () => Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0x78])));

describe('a flood', () => {
  it.each([
    ['a plain handler', () => undefined],
    ['a handler with a promise', () => Promise.resolve()],
  ])('of 20,000 tiny frames at once reaches %s whole, and others are served', async (_name, answer) => {
    const seen = recorder<string>();
    const host = await startHost({
      default: (context) => {
        if (context.method !== 'WebSocket:message') return undefined;
        if (context.url === '/other') context.socket.send('served');
        else seen.record(textOf(context));
        return answer();
      },
    });
    const other = await open(host, '/other');
    const next = messages(other);
    const flooding = await rawClient(host, true, '/flood');
    flooding.write(tiny(20_000));
    other.send('x');
    expect(await next()).toBe('served');
    expect((await seen.seen(20_000)).every((text) => text === 'x')).toBe(true);
    expect(host.server.list()).toMatchObject([{ queued: 0 }, { received: 20_000, queued: 0 }]);
  });

  it('of a client that never reads the echo ends only that client', async () => {
    const host = await startHost(
      {
        default: ({ method, socket, params }) => {
          if (method === 'WebSocket:message' && typeof params === 'object' && params !== null && 'data' in params) {
            socket.send(Buffer.isBuffer(params.data) && params.data.length > 1 ? params.data : 'served');
          }
        },
      },
      { limits: { bufferedWarning: 100_000, bufferedMaximum: 1_000_000 } },
    );
    const other = await open(host);
    const next = messages(other);
    const deaf = await rawClient(host);
    deaf.pause();
    const large = Buffer.concat([Buffer.from([0x82, 0xfe, 0xea, 0x60, 0, 0, 0, 0]), Buffer.alloc(60_000)]);
    const pump = (): void => {
      while (!deaf.destroyed && deaf.writableLength < 4 * large.length) deaf.write(large);
    };
    deaf.on('drain', pump);
    pump();
    await vi.waitFor(() => expect(host.server.size).toBe(1));
    other.send('x');
    expect(await next()).toBe('served');
    expect(host.logs.at(-1)?.message).toContain('Terminated');
  });

  it('of pings that are never read does not make pongs wait without end', async () => {
    const host = await startHost({ default: () => undefined });
    const other = await open(host);
    const deaf = await rawClient(host);
    deaf.pause();
    const pings = Buffer.concat(
      Array.from({ length: 2000 }, () => Buffer.concat([Buffer.from([0x89, 0xfd, 0, 0, 0, 0]), Buffer.alloc(125)])),
    );
    const pump = (): void => {
      while (!deaf.destroyed && deaf.writableLength < 4 * pings.length) deaf.write(pings);
    };
    deaf.on('drain', pump);
    pump();
    await vi.waitFor(() => expect(host.server.size).toBe(1), { timeout: 5000 });
    expect(other.readyState).toBe(other.OPEN);
  });
});
