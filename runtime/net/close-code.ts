// RFC 6455, 7.1.7: what a close frame can carry beside the code.
export const maximumReasonBytes = 123;

// RFC 6455, 7.4: never sent, they only ever report.
const unsendable: ReadonlySet<number> = new Set([1004, 1005, 1006]);

/** Whether a close frame may carry the code. */
export function isSendableCode(code: number): boolean {
  return Number.isInteger(code) && ((code >= 1000 && code <= 1014 && !unsendable.has(code)) || (code >= 3000 && code <= 4999));
}

/** Whether a close frame has room for the reason. */
export function fitsCloseFrame(reason: string): boolean {
  return Buffer.byteLength(reason) <= maximumReasonBytes;
}
