import { expect, it } from 'vitest';
import { plainAddress } from '../../runtime/net/address.ts';

it.each([
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['10.0.0.1', '10.0.0.1'],
  ['::1', '::1'],
  ['', ''],
])('plainAddress(%j) is %j', (address, plain) => expect(plainAddress(address)).toBe(plain));
