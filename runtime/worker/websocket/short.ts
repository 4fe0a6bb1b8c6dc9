// RFC 6455, 5.2: the first byte of a whole message, and what the seven bits of its length hold by themselves.
const textHead = 0x81;
const binaryHead = 0x82;
const longestInHead = 125;
const lengthInTwoBytes = 126;

// Beyond it, copying costs more than a second buffer to be written.
const longest = 2048;

/** Bytes before the payload of a short frame of so many bytes. */
const headOf = (length: number): number => (length > longestInHead ? 4 : 2);

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
    const frame = begin(textHead, length);
    frame.write(data, headOf(length));
    return frame;
  }
  if (!Buffer.isBuffer(data) || data.length > longest) return undefined;
  const frame = begin(binaryHead, data.length);
  frame.set(data, headOf(data.length));
  return frame;
}

/** Bytes of the payload of a short frame. */
export function payloadOf(frame: Buffer): number {
  return frame.length - (frame.length > longestInHead + 2 ? 4 : 2);
}

function begin(head: number, length: number): Buffer {
  const frame = Buffer.allocUnsafe(headOf(length) + length);
  frame[0] = head;
  if (length <= longestInHead) frame[1] = length;
  else {
    frame[1] = lengthInTwoBytes;
    frame[2] = length >> 8;
    frame[3] = length & 0xff;
  }
  return frame;
}
