import { describe, expect, it } from 'vitest';
import type { SocketContext } from '../../../runtime/worker/dialects/laf/socket-context.ts';
import { closed, messages, open, rawClient, recorder, startHost } from './host.ts';

const key = [0, 0, 0, 0];

/** The frames that a client must not send, and the code that closes its socket. */
const malformed: [string, number[] | Buffer, number][] = [
  ['an unmasked frame', [0x81, 0x01, 0x61], 1002],
  ['an unknown opcode', [0x83, 0x80, ...key], 1002],
  ['a reserved bit', [0xc1, 0x80, ...key], 1002],
  ['text that is not UTF-8', [0x81, 0x82, ...key, 0xc3, 0x28], 1007],
  ['a message over the limit', [0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 1, ...key], 1009],
  [
    'a message over the limit in fragments',
    Buffer.concat(Array.from({ length: 3 }, (_, i) => fragment(i === 0 ? 0x02 : 0x00, 30_000))),
    1009,
  ],
  ['a close frame with an invalid code', [0x88, 0x82, ...key, 0x03, 0xed], 1002],
];

function fragment(opcode: number, size: number): Buffer {
  return Buffer.concat([Buffer.from([opcode, 0xfe, size >> 8, size & 255, ...key]), Buffer.alloc(size)]);
}

describe('bad input', () => {
  it.each(malformed)('%s closes the socket, tells the function and hurts nobody else', async (_name, bytes, code) => {
    const events = recorder<SocketContext>();
    const host = await startHost({
      default: (context) => {
        events.record(context);
        if (context.method === 'WebSocket:message') context.socket.send('still here');
      },
    });
    const other = await open(host);
    const bad = await rawClient(host);
    const answer = new Promise<Buffer>((resolve) => bad.once('data', resolve));
    bad.write(Buffer.from(bytes));
    const frame = await answer;
    expect([frame[0], frame.readUInt16BE(2)]).toEqual([0x88, code]);
    bad.end();
    await closed(bad);
    const seen = (await events.seen(4)).slice(1);
    expect(seen.map((context) => context.method)).toEqual(['WebSocket:connection', 'WebSocket:error', 'WebSocket:close']);
    expect(seen[1]?.params).toBeInstanceOf(Error);
    expect(seen[2]?.params).toMatchObject({ code: 1006 });
    expect(host.server.size).toBe(1);

    const next = messages(other);
    other.send('x');
    expect(await next()).toBe('still here');
    expect(host.failures).toEqual([]);
  });

  it('a reset gives the function a close with 1006', async () => {
    const events = recorder<SocketContext>();
    const host = await startHost({ default: events.record });
    const socket = await rawClient(host);
    socket.resetAndDestroy();
    const [, last] = await events.seen(2);
    expect(last).toMatchObject({ method: 'WebSocket:close', params: { code: 1006 } });
    expect([host.server.size, host.server.sockets.size]).toEqual([0, 0]);
  });
});
