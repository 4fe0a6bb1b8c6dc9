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
