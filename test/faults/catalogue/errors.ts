import { echo } from '../scene.ts';
import type { Fault } from './fault.ts';

const failed = { guilty: /^500 Internal Server Error$/ } as const;

/** Whatever can be thrown, wherever it can be thrown. */
export const errors: readonly Fault[] = [
  { id: 'throw-null', fault: '`throw null`', source: 'export default () => { throw null; };', ...failed, log: /null/ },
  { id: 'throw-undefined', fault: '`throw undefined`', source: 'export default () => { throw undefined; };', ...failed, log: /undefined/ },
  {
    id: 'throw-symbol',
    fault: "`throw Symbol('s')`",
    source: "export default () => { throw Symbol('s'); };",
    ...failed,
    log: /Symbol\(s\)/,
  },
  {
    id: 'throw-getters',
    fault: 'a thrown object whose getters throw',
    source:
      'export default () => { throw { get message() { throw 1; }, get stack() { throw 2; }, get status() { throw 3; }, get code() { throw 4; }, toString() { throw 5; } }; };',
    ...failed,
    log: /error: throw-getters/,
  },
  {
    id: 'throw-proxy',
    fault: 'a thrown proxy whose every trap throws',
    source:
      "export default () => { throw new Proxy(new Error('p'), { get() { throw 1; }, has() { throw 2; }, getPrototypeOf() { throw 3; }, ownKeys() { throw 4; } }); };",
    ...failed,
    log: /error: throw-proxy/,
  },
  {
    id: 'throw-stack-getter',
    fault: 'an error whose `stack` never returns',
    source: "export default () => { throw Object.defineProperty(new Error('s'), 'stack', { get() { for (;;) {} } }); };",
    ...failed,
    log: /error: throw-stack-getter/,
  },
  {
    id: 'throw-message',
    fault: 'an error with a message of 50 MB',
    source: "export default () => { throw new Error('x'.repeat(5e7)); };",
    ...failed,
    log: /xxxx/,
  },
  {
    id: 'throw-cause-cycle',
    fault: 'an error that is its own cause',
    source: "export default () => { const error: any = new Error('cycle'); error.cause = error; throw error; };",
    ...failed,
    log: /cycle/,
  },
  {
    id: 'stack-throws',
    alone: true,
    fault: '`Error.prepareStackTrace` throws',
    source:
      "export default async () => {\n  Error.prepareStackTrace = () => { throw new Error('no stack'); };\n  throw new Error('with no stack');\n};",
    ...failed,
    log: /stack/,
  },
  {
    id: 'reject-nothing',
    fault: 'a promise rejected with nothing',
    source: 'export default () => Promise.reject();',
    ...failed,
    log: /undefined/,
  },
  {
    id: 'stray-rejection',
    fault: 'an unhandled rejection after the response',
    source: "export default () => { void Promise.resolve().then(() => { throw new Error('stray'); }); return 'ok'; };",
    guilty: /^200 ok$/,
    log: /unhandled rejection.*stray/,
  },
  {
    id: 'stray-rejections',
    alone: true,
    fault: 'ten thousand unhandled rejections at once',
    source: "export default () => { for (let i = 0; i < 1e4; i++) void Promise.reject(new Error('stray ' + i)); return 'ok'; };",
    guilty: /^200 ok$/,
    log: /unhandled rejection.*stray/,
  },
  {
    id: 'throw-in-timer',
    fault: 'a throw in a timer',
    source: "export default () => { setTimeout(() => { throw new Error('late'); }); return 'ok'; };",
    guilty: /^200 ok$/,
    log: /late/,
  },
  {
    id: 'throw-in-tick',
    fault: 'a throw in `process.nextTick()`',
    source: "export default () => { process.nextTick(() => { throw new Error('next'); }); return 'ok'; };",
    guilty: /^200 ok$/,
    log: /next/,
  },
  {
    id: 'throw-in-emitter',
    fault: "an emitter's `error` event without a listener, later",
    source:
      "import { EventEmitter } from 'node:events';\nexport default () => { setImmediate(() => new EventEmitter().emit('error', new Error('nobody listens'))); return 'ok'; };",
    guilty: /^200 ok$/,
    log: /nobody listens/,
  },
  {
    id: 'failing-stream',
    fault: 'a stream of a file that does not exist, without a listener',
    source: "import { createReadStream } from 'node:fs';\nexport default () => { createReadStream('/nowhere/at/all'); return 'ok'; };",
    guilty: /^200 ok$/,
    log: /ENOENT/,
  },
  {
    id: 'throw-in-request-listener',
    fault: "a throw in `request.on('close')`",
    source: "export default (ctx: any) => { ctx.request.on('close', () => { throw new Error('at close'); }); return 'ok'; };",
    guilty: /^200 ok$/,
    log: /at close/,
  },
  {
    id: 'throw-in-response-listener',
    fault: "a throw in `response.on('finish')`",
    source: "export default (ctx: any) => { ctx.response.on('finish', () => { throw new Error('at finish'); }); return 'ok'; };",
    guilty: /^200 ok$/,
    log: /at finish/,
  },
  {
    id: 'throw-in-socket-listener',
    fault: "a throw in `socket.on('message')`",
    source: "export default (ctx: any) => { ctx.socket.on('message', () => { throw new Error('in listener'); }); };",
    provoke: async (scene) => {
      const socket = await scene.message();
      const answers = [await echo(socket), await echo(socket)];
      socket.close();
      return answers.join(', ');
    },
    guilty: /^echo: still there\?, echo: still there\?$/,
    log: /in listener/,
  },
  {
    id: 'throw-in-event',
    fault: 'a throw in the handler of a WebSocket message',
    source: "export default async () => { throw new Error('in event'); };",
    provoke: async (scene) => {
      const socket = await scene.message();
      const answer = await echo(socket);
      socket.close();
      return answer;
    },
    guilty: /^echo: still there\?$/,
    log: /in event/,
  },
];
