/** What a package that is found by `import` may offer it under. */
const importConditions: ReadonlySet<string> = new Set(['node', 'import', 'module-sync', 'node-addons', 'default']);

/** A specifier's package, and the path in it as `exports` writes it. */
export interface PackagePath {
  readonly name: string;
  readonly subpath: string;
}

/** Parts of `lodash/fp` and `@scope/name/part`; undefined for what names no package. */
export function toPackagePath(specifier: string): PackagePath | undefined {
  const [, name, rest = ''] = /^((?:@[^/\\%]+\/)?[^./\\%@#:][^/\\%:]*)(\/.*)?$/.exec(specifier) ?? [];
  return name === undefined ? undefined : { name, subpath: `.${rest}` };
}

/**
 * The file that `import` gets of a package with these `exports`, relative to its folder; undefined when they offer
 * none. This is Node's algorithm (PACKAGE_EXPORTS_RESOLVE): Node offers it to functions, by name of a file, nowhere.
 */
export function exportedFile(exports: unknown, subpath: string): string | undefined {
  const map = isSubpathMap(exports) ? exports : { '.': exports };
  if (Object.hasOwn(map, subpath) && !subpath.includes('*')) return pickTarget(Reflect.get(map, subpath), '') ?? undefined;
  const patterns = Object.keys(map).filter((key) => key.includes('*') && matches(key, subpath));
  const [best] = patterns.toSorted((a, b) => b.indexOf('*') - a.indexOf('*') || b.length - a.length);
  if (best === undefined) return undefined;
  const [head = '', tail = ''] = best.split('*');
  return pickTarget(Reflect.get(map, best), subpath.slice(head.length, subpath.length - tail.length)) ?? undefined;
}

function isSubpathMap(exports: unknown): exports is object {
  return (
    typeof exports === 'object' && exports !== null && !Array.isArray(exports) && Object.keys(exports).some((key) => key.startsWith('.'))
  );
}

function matches(pattern: string, subpath: string): boolean {
  const [head = '', tail = ''] = pattern.split('*');
  return subpath.startsWith(head) && subpath.endsWith(tail) && subpath.length >= pattern.length;
}

/** Null: the package forbids it. Undefined: nothing fits, and another target may. */
function pickTarget(target: unknown, star: string): string | null | undefined {
  if (typeof target === 'string') return target.startsWith('./') ? target.replaceAll('*', star) : undefined;
  if (target === null || typeof target !== 'object') return null;
  const candidates: readonly unknown[] = Array.isArray(target)
    ? target
    : Object.entries(target).flatMap(([condition, value]) => (importConditions.has(condition) ? [value] : []));
  for (const candidate of candidates) {
    const picked = pickTarget(candidate, star);
    if (picked !== undefined) return picked;
  }
  return undefined;
}
