/** What an object holds under a name that is a function's, which may be `constructor` or `__proto__` as well. */
export function own<Value>(record: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
