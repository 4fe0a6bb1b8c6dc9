// @ts-check
import { prepare } from './prepare.mjs';

/** Runs once before the tests that start real hosts. */
export async function setup() {
  await prepare('runtime');
}
