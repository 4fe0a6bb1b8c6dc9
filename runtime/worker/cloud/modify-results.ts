/** The calls that return `{ value, lastErrorObject, ok }` in the driver that Laf has (5.9), and the document since driver 6. */
const calls = ['findOneAndUpdate', 'findOneAndReplace', 'findOneAndDelete'] as const;

/**
 * Makes these calls return what Laf's do, on every collection of the client's databases: functions written for
 * it rely on. Who passes `includeResultMetadata` gets what that says.
 */
export function answerModifyResults(client: object): void {
  wrap(client, 'db', (db) => wrap(db, 'collection', (collection) => calls.forEach((call) => defaultMetadata(collection, call))));
}

/** Prepares what the method returns before it is handed on. */
function wrap(owner: object, method: string, prepare: (answer: object) => void): void {
  const original: unknown = Reflect.get(owner, method);
  if (typeof original !== 'function') return;
  Reflect.set(owner, method, (...args: unknown[]): unknown => {
    const answer: unknown = Reflect.apply(original, owner, args);
    if (typeof answer === 'object' && answer !== null) prepare(answer);
    return answer;
  });
}

function defaultMetadata(collection: object, call: (typeof calls)[number]): void {
  const original: unknown = Reflect.get(collection, call);
  if (typeof original !== 'function') return;
  // `findOneAndDelete()` takes its options second, the others third.
  const at = call === 'findOneAndDelete' ? 1 : 2;
  Reflect.set(collection, call, (...args: unknown[]): unknown => {
    const options: object = { includeResultMetadata: true, ...Object(args[at]) };
    const answer: unknown = Reflect.apply(original, collection, [...args.slice(0, at), options]);
    return answer;
  });
}
