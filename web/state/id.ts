/** An id for something that is kept here. `randomUUID()` is only there over HTTPS and on this machine. */
export function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
