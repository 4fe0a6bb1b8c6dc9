import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { Calls } from '../../kernel/calls/calls.ts';
import type { Instantiate } from '../../kernel/functions/module.ts';
import { reserved } from '../../kernel/functions/name.ts';
import { Registry } from '../../kernel/functions/registry.ts';
import { mapCounters } from '../../kernel/protocol/metrics.ts';
import type { WorkerSettings } from '../../kernel/protocol/settings.ts';
import { createLafHttp } from '../dialects/laf/http.ts';
import { createLafSockets } from '../dialects/laf/sockets.ts';
import { SocketServer } from '../sockets/socket-server.ts';
import { createRequestHandler } from '../triggers/http/handler.ts';
import { createHttpServer, type HttpServer } from '../triggers/http/http-server.ts';
import type { App } from './app-context.ts';

/** Only control is served here. */
const address = '127.0.0.1';

/** The probe's functions, by name. */
const handlers = {
  probe: async (ctx: { files?: readonly { readonly path: string }[] }): Promise<string> => {
    const [file] = ctx.files ?? [];
    return file ? readFile(file.path, 'utf8') : 'probe';
  },
  [reserved.websocket]: (ctx: { method: string; params: { data: unknown }; socket: { send(data: unknown): void } }): void => {
    if (ctx.method === 'WebSocket:message') ctx.socket.send(String(ctx.params.data));
  },
} as const;

/**
 * An app of the host's own, beside the one that is served: requests, uploads and sockets meet the same code on the
 * same loop, count in no metric and run no function of the team's. What does not work here works for nobody.
 */
export class ProbeApp implements App {
  readonly settings: WorkerSettings;
  readonly functions = new Registry(instantiate);
  readonly counters = mapCounters(() => 0);
  readonly calls: Calls;
  readonly #server: HttpServer;

  /** `calls` are those of the app that is served. */
  constructor(settings: WorkerSettings, { attribution, scope }: Pick<Calls, 'attribution' | 'scope'>) {
    // The very objects of the app that is served: code that meets others of another shape is optimized for both, and slower.
    this.settings = settings;
    this.calls = new Calls({ attribution, counters: this.counters, log: this.log, logThrown: () => {}, scope });
    const names = Object.keys(handlers);
    this.functions.install({ functions: names.map((name) => ({ name, revision: 1, methods: undefined, code: '', map: '' })), deleted: [] });
    const sockets = new SocketServer(this, createLafSockets(verify));
    this.#server = createHttpServer(this, createRequestHandler(this, { functions: this.functions, dialect: createLafHttp(verify) }));
    this.#server.on('upgrade', (request, socket, head) => sockets.handleUpgrade(request, socket, head));
  }

  readonly log = nothing;

  /** Returns the port on which control reaches it. */
  async listen(): Promise<number> {
    this.#server.listen(0, address);
    await once(this.#server, 'listening');
    this.#server.unref();
    const bound = this.#server.address();
    return typeof bound === 'object' && bound !== null ? bound.port : 0;
  }
}

/** Nobody has a token here. */
function verify(): null {
  return null;
}

function nothing(): void {}

const instantiate: Instantiate = ({ name }) => ({
  exports: { default: Object.entries(handlers).find(([known]) => known === name)?.[1] },
  evaluate: () => {},
  accept: () => {},
  dispose: () => {},
});
