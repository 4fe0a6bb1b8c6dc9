import { once } from 'node:events';
import { expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { payloadLength, shortFrame } from '../../../runtime/worker/sockets/frame.ts';
import { startHost } from './host.ts';

const lengths = [0, 1, 125, 126, 127, 2047, 2048, 2049, 65_535, 65_536];

/** What a client gets until it has so many messages: text as a string, binary as a Buffer. */
async function receive(url: string, count: number): Promise<readonly (string | Buffer)[]> {
  const client = new WebSocket(url);
  const received: (string | Buffer)[] = [];
  client.on('message', (data: Buffer, isBinary) => {
    received.push(isBinary ? data : data.toString());
    if (received.length === count) client.close();
  });
  await once(client, 'close');
  return received;
}

it('send() sends strings and Buffers of each length of frame as they are', async () => {
  const messages = lengths.flatMap((length) => ['a'.repeat(length), 'é€😀'.repeat(length / 8), Buffer.alloc(length, 7)]);
  const host = await startHost({
    default: ({ method, socket }) => {
      if (method === 'WebSocket:connection') for (const message of messages) socket.send(message);
    },
  });
  expect(await receive(host.url, messages.length)).toEqual(messages);
});

it('send() keeps the order of short messages beside Blobs, long ones and messages in fragments', async () => {
  const long = 'l'.repeat(10_000);
  const host = await startHost({
    default: ({ method, socket }) => {
      if (method !== 'WebSocket:connection') return;
      socket.send('first');
      // A Blob is read before it is sent, and what follows waits for it.
      socket.send(new Blob(['of a Blob']));
      socket.send('after the Blob');
      socket.send(long);
      setTimeout(() => {
        socket.send('in ', { fin: false });
        socket.send('fragments');
        socket.send('last');
      }, 20);
    },
  });
  const expected = ['first', Buffer.from('of a Blob'), 'after the Blob', long, 'in fragments', 'last'];
  expect(await receive(host.url, expected.length)).toEqual(expected);
});

it('send() of a short message calls back once it is written, and survives a callback that throws', async () => {
  const errors: unknown[] = [];
  const host = await startHost({
    default: ({ method, socket }) => {
      if (method !== 'WebSocket:connection') return;
      socket.send('one', () => {
        throw new Error('thrown by a callback');
      });
      socket.send('two', (error) => {
        errors.push(error);
        socket.send('three');
      });
    },
  });
  expect(await receive(host.url, 3)).toEqual(['one', 'two', 'three']);
  expect(errors).toEqual([undefined]);
  expect(host.failures).toHaveLength(1);
});

it('send() copies a short Buffer, so that what becomes of it later changes no message', async () => {
  const host = await startHost({
    default: ({ method, socket }) => {
      if (method !== 'WebSocket:connection') return;
      const data = Buffer.from('before');
      socket.send(data);
      data.fill('x');
    },
  });
  expect(await receive(host.url, 1)).toEqual([Buffer.from('before')]);
});

it('shortFrame() answers undefined for what is long or no string or Buffer', () => {
  expect(shortFrame('€'.repeat(700))).toBeUndefined();
  for (const data of [7, new Uint8Array(3), new Blob([]), ['a'], null, undefined]) expect(shortFrame(data)).toBeUndefined();
});

it('payloadLength() answers the bytes of the payload', () => {
  for (const length of lengths.filter((bytes) => bytes <= 2048)) {
    expect(payloadLength(shortFrame('a'.repeat(length)) ?? Buffer.alloc(0))).toBe(length);
  }
});
