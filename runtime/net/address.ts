const mappedPrefix = '::ffff:';

/** An IPv4 address as itself, also where it came over a socket of IPv6. */
export function plainAddress(address: string): string {
  return address.startsWith(mappedPrefix) ? address.slice(mappedPrefix.length) : address;
}
