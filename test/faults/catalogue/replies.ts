import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './fault.ts';

const failed = { guilty: /^500 Internal Server Error$/ } as const;

/** Wrong use of the request, the response and the answer. */
export const replies: readonly Fault[] = [
  {
    id: 'header-injection',
    fault: 'a header with a line break',
    source: "export default (ctx: any) => { ctx.response.setHeader('x-a', 'a\\r\\nset-cookie: stolen=1'); };",
    ...failed,
    log: /Invalid character in header/,
  },
  {
    id: 'write-after-end',
    fault: '`response.write()` after `end()`',
    source: "export default (ctx: any) => { ctx.response.end('done'); ctx.response.write('more'); };",
    guilty: /^200 done$/,
    log: /write after end/,
  },
  {
    id: 'end-twice',
    fault: '`response.end()` twice',
    source: "export default (ctx: any) => { ctx.response.end('done'); ctx.response.end('again'); };",
    guilty: /^200 done$/,
  },
  {
    id: 'send-twice',
    fault: '`response.send()` twice',
    source: "export default (ctx: any) => { ctx.response.send('done'); ctx.response.send('again'); };",
    guilty: /^200 done$/,
    log: /after they are sent/,
  },
  {
    id: 'late-answer',
    fault: '`response.send()` long after the response was sent',
    source: "export default (ctx: any) => { setTimeout(() => ctx.response.send('late'), 30); return 'done'; };",
    guilty: /^200 done$/,
    log: /after they are sent/,
  },
  {
    id: 'giant-header',
    fault: 'a response header of a megabyte: the client refuses it',
    source: "export default (ctx: any) => { ctx.response.setHeader('x-big', 'x'.repeat(1e6)); return 'ok'; };",
    guilty: /^cut off: HPE_HEADER_OVERFLOW$/,
  },
  {
    id: 'invalid-status',
    fault: 'a status that does not exist',
    source: "export default (ctx: any) => { ctx.response.status(9999).send('x'); };",
    ...failed,
    log: /status code/i,
  },
  {
    id: 'stream-fails',
    fault: 'a piped stream that fails half way',
    source:
      "import { Readable } from 'node:stream';\nimport { pipeline } from 'node:stream/promises';\nexport default async (ctx: any) => { await pipeline(Readable.from((async function* () { yield 'half'; throw new Error('half way'); })()), ctx.response); };",
    guilty: /cut off: ECONNRESET$/,
    log: /half way/,
  },
  {
    id: 'pipe-fails',
    fault: 'a stream piped with `pipe()` that fails before its first byte, with no listener for the error (limit 1 s)',
    env: { FUNCTION_TIMEOUT_MS: '1000' },
    source:
      "import { Readable } from 'node:stream';\nexport default (ctx: any) => { Readable.from((async function* () { throw new Error('before all'); })()).pipe(ctx.response); };",
    provoke: (scene) => Promise.race([scene.call(), sleep(3000, 'no answer')]),
    guilty: /^504 FUNCTION_TIMEOUT$|cut off/,
    log: /before all/,
  },
  {
    id: 'destroy-request',
    fault: '`ctx.request.socket.destroy()`',
    source: 'export default (ctx: any) => { ctx.request.socket.destroy(); };',
    guilty: /^cut off: ECONNRESET$/,
  },
  {
    id: 'write-to-socket',
    fault: 'bytes written directly to the connection under the response',
    source: "export default (ctx: any) => { ctx.request.socket.write('nonsense'); return 'ok'; };",
    guilty: /^cut off: HPE_/,
  },
  {
    id: 'close-server',
    fault: '`ctx.request.socket.server.close()`',
    source: 'export default (ctx: any) => { ctx.request.socket.server.close(); };',
    ...failed,
    log: /would stop the host/,
  },
  {
    id: 'close-connections',
    fault: '`server.closeAllConnections()`',
    source: 'export default (ctx: any) => { ctx.request.socket.server.closeAllConnections(); };',
    ...failed,
    log: /would stop the host/,
  },
  {
    id: 'server-listeners',
    fault: "`server.removeAllListeners('request')`",
    source: "export default (ctx: any) => { ctx.request.socket.server.removeAllListeners('request'); };",
    ...failed,
    log: /would stop the host/,
  },
  {
    id: 'server-error',
    fault: 'an `error` emitted on the server',
    source: "export default (ctx: any) => { ctx.request.socket.server.emit('error', new Error('pretended')); return 'ok'; };",
    guilty: /^(200 ok|500 Internal Server Error)$/,
    log: /pretended|would stop the host/,
  },
  {
    id: 'circular-answer',
    fault: 'a returned object that contains itself',
    source: 'export default () => { const a: any = {}; a.a = a; return a; };',
    ...failed,
    log: /circular/i,
  },
  {
    id: 'bigint-answer',
    fault: 'a returned object with a `BigInt` inside',
    source: 'export default () => ({ n: 1n });',
    ...failed,
    log: /BigInt/,
  },
  {
    id: 'throwing-answer',
    fault: 'a returned object whose `toJSON()` throws `undefined`',
    source: 'export default () => ({ toJSON() { throw undefined; } });',
    ...failed,
    log: /undefined/,
  },
  {
    id: 'revoked-proxy',
    fault: 'a returned value that is a revoked proxy',
    source: 'export default () => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy; };',
    ...failed,
    log: /proxy/,
  },
  {
    id: 'thenable-twice',
    fault: 'a thenable that calls back twice and then throws',
    source:
      "export default () => ({ then(ok: any, bad: any) { ok('first'); bad(new Error('second')); ok('third'); throw new Error('fourth'); } });",
    guilty: /^200 first$/,
  },
  { id: 'giant-answer', fault: 'a response of 50 MB', source: "export default () => 'x'.repeat(5e7);", guilty: /^200 x+$/ },
  {
    id: 'endless-invoke',
    fault: 'a function that calls itself endlessly with `cloud.invoke()`',
    source: "import cloud from '@lafjs/cloud';\nexport default (ctx: any): any => cloud.invoke('endless-invoke', ctx);",
    ...failed,
    log: /call stack/,
  },
];
