import { readFileSync } from 'node:fs';
import type { BenchHost } from './host.ts';
import { Peer, type Server } from './peer.ts';
import type { Figure } from './report.ts';

/** The name of the server that the others are compared with. */
export const own = 'Hearth';

/** The servers of one comparison, in the order of a round; all of them end with it. */
export class Lineup implements AsyncDisposable {
  readonly servers: Server[] = [];
  /** Those that could not be started, and why. */
  readonly missing: Figure[] = [];
  readonly #peers: Peer[] = [];

  /** Adds the serving worker of a host, which stays whoever's it is. */
  async addHost(bench: BenchHost): Promise<void> {
    this.servers.push({ name: own, version: versionAt('../../package.json'), port: bench.port, pid: await bench.host.workerPid() });
  }

  /** Adds `ws` as Hearth itself uses it, with nothing around it. */
  async addPlain(): Promise<void> {
    await this.#add('ws', () => Peer.startPlain(versionAt('../../node_modules/ws/package.json')));
  }

  /** Adds `test/bench/peers/<program>.mjs`, which serves with a package, or with Node alone. */
  async add(name: string, program: string = name, packageName: string = name): Promise<void> {
    await this.#add(name, () => Peer.start(name, program, packageName));
  }

  async #add(name: string, start: () => Promise<Peer>): Promise<void> {
    try {
      const peer = await start();
      this.#peers.push(peer);
      this.servers.push(peer);
    } catch (error) {
      // Its binary may not be made for this machine: the others are measured all the same.
      this.missing.push({ name: `not measured: ${name}, ${error instanceof Error ? error.message : String(error)}`, value: NaN, unit: '' });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#peers.map((peer) => peer[Symbol.asyncDispose]()));
  }
}

function versionAt(path: string): string {
  const { version } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as { readonly version: string };
  return version;
}
