import { HearthError } from '../errors.ts';

/** Names with a meaning of their own; the rule is Laf's. */
export const reserved = {
  init: '__init__',
  interceptor: '__interceptor__',
  fallback: '__default__',
  websocket: '__websocket__',
} as const;

// Laf's rule (findings of its runtime): at most 256 characters, no slash at either end.
const shape = /^[a-zA-Z0-9_.-](?:[a-zA-Z0-9_./-]{0,254}[a-zA-Z0-9_.-])?$/;

export function isFunctionName(name: string): boolean {
  return shape.test(name) && !name.includes('./') && !name.includes('..') && !name.includes('//') && name !== '.';
}

/** Returns the name, or throws `INVALID_NAME`. */
export function checkFunctionName(name: string): string {
  if (!isFunctionName(name)) throw new HearthError('INVALID_NAME');
  return name;
}

/** What an import specifier in a function's source means. */
export type Specifier =
  | { readonly kind: 'sdk' }
  | { readonly kind: 'function'; readonly name: string }
  | { readonly kind: 'package'; readonly id: string };

const sdkSpecifiers = new Set(['@lafjs/cloud', '@/cloud-sdk', 'hearth']);

export function isSdk(specifier: string): boolean {
  return sdkSpecifiers.has(specifier);
}

/**
 * Says what `specifier` means when `importer` imports it: the SDK under any of its names, another
 * function (`@/name`, `./name`, `../name`), or a package.
 */
export function parseSpecifier(specifier: string, importer: string): Specifier {
  if (isSdk(specifier)) return { kind: 'sdk' };
  if (specifier.startsWith('@/')) return { kind: 'function', name: join([], specifier.slice(2)) };
  if (/^\.\.?(?:\/|$)/.test(specifier)) return { kind: 'function', name: join(importer.split('/').slice(0, -1), specifier) };
  return { kind: 'package', id: specifier };
}

/**
 * The names under which an imported function may stand, best first: editors write `./a.ts` and
 * bundlers `./a.js` for the function `a`, while a name may hold a dot itself.
 */
export function importCandidates(name: string): readonly string[] {
  const bare = name.replace(/\.(?:ts|js|mts|mjs|cts|cjs)$/, '');
  return bare === name ? [name] : [name, bare];
}

function join(folder: readonly string[], path: string): string {
  const parts = [...folder];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
}
