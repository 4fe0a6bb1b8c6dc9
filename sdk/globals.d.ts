import type { FunctionContext as Context } from './context.ts';

declare global {
  /** The object every function is called with. */
  interface FunctionContext extends Context {}

  /** A MongoDB id. */
  class ObjectId {
    /** Creates a new id, or the id given by 24 hexadecimal digits, 12 bytes, seconds since 1970 or another id. */
    constructor(id?: string | number | Uint8Array | { toHexString(): string });
    static isValid(id: unknown): boolean;
    static createFromHexString(digits: string): ObjectId;
    static createFromTime(seconds: number): ObjectId;
    /** The time the id was created, to the second. */
    getTimestamp(): Date;
    equals(other: unknown): boolean;
    /** The 24 hexadecimal digits. */
    toHexString(): string;
    toString(): string;
    toJSON(): string;
  }
}
