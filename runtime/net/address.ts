import { isIPv6 } from 'node:net';

const mappedPrefix = '::ffff:';

/** An IPv4 address as itself, also where it came over a socket of IPv6. */
export function plainAddress(address: string): string {
  return address.startsWith(mappedPrefix) ? address.slice(mappedPrefix.length) : address;
}

/** What is limited as one: an IPv4 address by itself, of IPv6 a whole /64, since the owner of one address has all of it. */
export function networkOf(address: string): string {
  const plain = plainAddress(address);
  if (!isIPv6(plain)) return plain;
  const [unscoped = ''] = plain.split('%', 1);
  const [head = '', tail = ''] = unscoped.split('::');
  const left = head.split(':').filter((group) => group !== '');
  const right = tail.split(':').filter((group) => group !== '');
  const missing = Math.max(0, unscoped.includes('::') ? 8 - left.length - right.length : 0);
  const groups = [...left, ...Array.from({ length: missing }, () => '0'), ...right];
  const prefix = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${prefix.join(':')}::/64`;
}
