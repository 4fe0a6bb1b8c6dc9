/** Answers its version to requests. */
export function versionSource(version: number): string {
  return `export default async () => ({ version: ${version} });`;
}

/** Echoes what comes over a WebSocket; answers its version to requests. */
export function echoSource(version: number): string {
  return `export default async function (ctx: FunctionContext) {
  if (ctx.method === 'WebSocket:message') ctx.socket!.send(ctx.params.data);
  if (!ctx.socket) return { version: ${version} };
}`;
}

/** The least that a function does. */
export const helloSource = `export default async () => ({ message: 'Hello, world!' });`;

/** Makes a page of records as an API does: loops, callbacks, a sort, a JSON answer. */
export const shapeSource = `
const rows = Array.from({ length: 100 }, (_, id) => ({ id, name: 'n' + (id * 7) % 100, tags: ['a', 'b', 'c'], at: id * 1000 }));
export default () => {
  const found = rows.filter((row) => row.id % 3 !== 0).map((row) => ({ ...row, label: row.name.toUpperCase() }));
  found.sort((a, b) => (a.label < b.label ? -1 : 1));
  let total = 0;
  for (const row of found) for (const tag of row.tags) total += tag.length + row.at;
  return { total, found: found.slice(0, 20) };
};`;
