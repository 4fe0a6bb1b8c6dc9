import { describe, expect, it } from 'vitest';
import { FrameReader, frame } from '../../../runtime/control/language/framing.ts';

describe('FrameReader', () => {
  const messages = [{ text: 'ü€😀\r\n\r\n' }, 'x'.repeat(3000), { id: 1 }];
  const bytes = Buffer.concat(messages.map(frame));

  it.each([1, 2, 7, 1000, bytes.length])('reads messages that come in pieces of %i bytes', (size) => {
    const reader = new FrameReader(10_000);
    const read: unknown[] = [];
    for (let start = 0; start < bytes.length; start += size) read.push(...reader.take(bytes.subarray(start, start + size)));
    expect(read).toEqual(messages);
  });

  it.each(['Content-Length: 10001\r\n\r\n', 'Content-Type: x\r\n\r\n{}', 'x'.repeat(1025), 'Content-Length: 1\r\n\r\n{'])(
    'throws for %j',
    (text) => {
      expect(() => new FrameReader(10_000).take(Buffer.from(text))).toThrow();
    },
  );
});
