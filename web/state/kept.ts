/**
 * What a store begins with: what the browser has kept of it, but only what is of the kind that the store
 * itself has there. Another version of the console may have written something else.
 */
export function mergeKept<State extends object>(kept: unknown, initial: State): State {
  if (typeof kept !== 'object' || kept === null) return initial;
  const fitting = Object.entries(kept).filter(
    ([key, value]) => Object.hasOwn(initial, key) && kindOf(value) === kindOf(Reflect.get(initial, key)),
  );
  return { ...initial, ...Object.fromEntries(fitting) };
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
