import type { FunctionContext as Context } from './context.ts';

declare global {
  /** What every function is called with. */
  interface FunctionContext extends Context {}

  /** An id of MongoDB. */
  class ObjectId {
    /** A new id, or the one that these 24 hexadecimal digits, 12 bytes, seconds since 1970 or another id name. */
    constructor(id?: string | number | Uint8Array | { toHexString(): string });
    static isValid(id: unknown): boolean;
    static createFromHexString(digits: string): ObjectId;
    static createFromTime(seconds: number): ObjectId;
    /** When the id was made, to the second. */
    getTimestamp(): Date;
    equals(other: unknown): boolean;
    /** The 24 hexadecimal digits. */
    toHexString(): string;
    toString(): string;
    toJSON(): string;
  }
}
