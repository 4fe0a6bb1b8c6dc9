import { isAnyArrayBuffer } from 'node:util/types';

/** The bytes of a typed array, a DataView, an ArrayBuffer or a SharedArrayBuffer, not copied; undefined for anything else. */
export function toBytes(value: unknown): Buffer | undefined {
  if (Buffer.isBuffer(value)) return value;
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return isAnyArrayBuffer(value) ? Buffer.from(value) : undefined;
}
