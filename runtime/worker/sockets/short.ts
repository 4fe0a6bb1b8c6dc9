import { beginFrame, headOf } from './frame.ts';

// Beyond it, copying costs more than a second buffer to be written.
const longest = 2048;

/**
 * The frame of a short message in one buffer, which is written in less time than a head and a payload;
 * undefined for what is longer and for what is neither a string nor a Buffer.
 */
export function shortFrame(data: unknown): Buffer | undefined {
  if (typeof data === 'string') {
    // A character takes a byte at the least.
    if (data.length > longest) return undefined;
    const length = Buffer.byteLength(data);
    if (length > longest) return undefined;
    const frame = beginFrame(length, false);
    frame.write(data, headOf(length));
    return frame;
  }
  if (!Buffer.isBuffer(data) || data.length > longest) return undefined;
  const frame = beginFrame(data.length, true);
  frame.set(data, headOf(data.length));
  return frame;
}

/** Bytes of the payload of a short frame. */
export function payloadOf(frame: Buffer): number {
  return frame.length - headOf(frame.length - 2);
}
