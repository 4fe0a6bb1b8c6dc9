import { api, type Ground, repeat, type Running } from './ground.ts';
import type { Ledger } from './ledger.ts';
import type { Random } from './random.ts';
import { type Reply, request, Unanswered } from './request.ts';

const perPublisher = 5;

/** The source of a function that answers its marker. */
function toSource(marker: string, random: Random): string {
  const filler = `// ${'filler '.repeat(random.int(0, 300))}`;
  return `const marker: string = ${JSON.stringify(marker)};\nexport default () => marker;\n${filler}`;
}

/** The pair that good traffic asks: one imports the other, and both say the same number. */
export function toPair(n: number): readonly { readonly name: string; readonly source: string; readonly note: string }[] {
  const own = `import { lib } from '@/lib/pair';\nexport default () => ({ own: ${n}, lib });`;
  return [
    { name: 'pair', source: own, note: `pair ${n}` },
    { name: 'lib/pair', source: `export const lib = ${n};`, note: `pair ${n}` },
  ];
}

/** Publishes one change after another to functions of its own, remembers what was acknowledged, and asks the live function at once. */
class Publisher {
  readonly #ground: Ground;
  readonly #ledger: Ledger;
  readonly #random: Random;
  readonly #name: string;
  readonly #names: readonly string[];
  #count = 0;

  constructor(ground: Ground, ledger: Ledger, name: string) {
    this.#ground = ground;
    this.#ledger = ledger;
    this.#name = name;
    this.#random = ground.random.fork(`publisher ${name}`);
    this.#names = Array.from({ length: perPublisher }, (_, n) => `published-${name}${n}`);
  }

  async step(): Promise<void> {
    const random = this.#random;
    const name = random.pick(this.#names);
    const live = this.#ledger.live(name) !== undefined;
    const dice = random.int(0, 99);
    if (dice < 40) await this.#put(name);
    else if (dice < 55) await this.#rollBack(name);
    else if (dice < 62) await (live ? this.#delete(name) : this.#put(name));
    else if (dice < 75) await this.#batch();
    else if (dice < 80) await this.#pair();
    else await this.#refused(name);
  }

  async #put(name: string): Promise<void> {
    const marker = this.#marker(name);
    const edit = { source: toSource(marker, this.#random), note: marker };
    const guard = this.#random.int(0, 1) === 1 && this.#ledger.live(name) !== undefined ? { ifRevision: this.#ledger.newest(name) } : {};
    const reply = await this.#ask('PUT', `/v1/functions/${name}`, { ...edit, ...guard });
    if (!reply) return;
    this.#ledger.published(name, reply.json.revision, marker);
    await this.#check(name);
  }

  async #rollBack(name: string): Promise<void> {
    const history = this.#ledger.history(name);
    if (history.length === 0) return this.#put(name);
    const { revision, marker } = this.#random.pick(history);
    const reply = await this.#ask('POST', `/v1/functions/${name}/rollback`, { revision, note: marker });
    if (!reply) return;
    this.#ledger.published(name, reply.json.revision, marker);
    await this.#check(name);
  }

  async #delete(name: string): Promise<void> {
    if (!(await this.#ask('DELETE', `/v1/functions/${name}`))) return;
    this.#ledger.deleted(name);
    await this.#check(name);
  }

  async #batch(): Promise<void> {
    const start = this.#random.int(0, perPublisher - 1);
    const [first = '', second = '', third = ''] = [...this.#names.slice(start), ...this.#names.slice(0, start)];
    const edits = [first, second].map((name) => ({ name, note: this.#marker(name) }));
    const functions = edits.map(({ name, note }) => ({ name, note, source: toSource(note, this.#random) }));
    const deleted = this.#ledger.live(third) !== undefined && this.#random.int(0, 1) === 1 ? [third] : [];
    const reply = await this.#ask('POST', '/v1/publish', { functions, deleted });
    if (!reply) return;
    const published: readonly { name: string; revision: number }[] = reply.json.functions;
    for (const { name, note } of edits) this.#ledger.published(name, published.find((one) => one.name === name)?.revision ?? 0, note);
    for (const name of deleted) this.#ledger.deleted(name);
    for (const name of [first, second, ...deleted]) await this.#check(name);
  }

  async #pair(): Promise<void> {
    const reply = await this.#ask('POST', '/v1/publish', { functions: toPair(++this.#count + (this.#name === 'a' ? 0 : 1e6)) });
    if (reply) this.#ground.journal.count('pairs published');
  }

  /** A change that has to be refused, and to change nothing. */
  async #refused(name: string): Promise<void> {
    const [other = ''] = this.#names.filter((one) => one !== name);
    const good = { name: other, source: toSource('never live', this.#random) };
    const kinds: readonly (readonly [status: number, path: string, body: unknown])[] = [
      [422, `/v1/functions/${name}`, { source: 'export default () => {' }],
      [422, `/v1/functions/${name}`, { source: `throw new Error('at load');\nexport default () => 1;` }],
      [422, `/v1/functions/${name}`, { source: `for (;;) {}\nexport default () => 1;` }],
      [422, `/v1/functions/${name}`, { source: `import { x } from '@/not/there';\nexport default () => x;` }],
      [422, '/v1/publish', { functions: [good, { name, source: 'const = 1' }] }],
      [409, `/v1/functions/${name}`, { source: good.source, ifRevision: 999_999 }],
      [400, `/v1/functions/${name}`, { source: 1 }],
    ];
    const [status, path, body] = this.#random.pick(kinds);
    await this.#ask(path === '/v1/publish' ? 'POST' : 'PUT', path, body, status);
    await this.#check(name);
  }

  #marker(name: string): string {
    return `${name} ${++this.#count}`;
  }

  /** Answers the reply when it was as it is to be. */
  async #ask(method: string, path: string, body?: unknown, expected?: number): Promise<Reply | undefined> {
    const { journal } = this.#ground;
    const from = Date.now();
    const what = `publish ${method} ${path}`;
    try {
      const reply = await api(this.#ground, method, path, body);
      journal.took('publish', from);
      if (expected === undefined ? reply.status < 300 : reply.status === expected) {
        journal.count(expected === undefined ? 'publishes' : 'publishes refused');
        return reply;
      }
      const unavailable = reply.json?.error?.code === 'WORKER_UNAVAILABLE';
      journal.failed({
        from,
        until: Date.now(),
        what,
        error: `${reply.status} ${reply.text.slice(0, 400)}`,
        ...(unavailable && { excuse: 'takeover' }),
      });
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
      // Control is never ended: nothing explains it.
      journal.failed({ from, until: Date.now(), what, error: `${error.code} ${error.message}` });
    }
    return undefined;
  }

  /** Callers get what was acknowledged. */
  async #check(name: string): Promise<void> {
    const { host, journal } = this.#ground;
    const from = Date.now();
    const what = `request GET /${name} after its publish`;
    try {
      const { status, text } = await request({ port: host.port, path: `/${name}` });
      const live = this.#ledger.live(name);
      journal.count('live answers checked');
      if (live === undefined ? status !== 404 : status !== 200 || text !== live)
        journal.failed({ from, until: Date.now(), what, error: `${status} ${text.slice(0, 200)} instead of ${live ?? '404'}` });
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
      journal.failed({
        from,
        until: Date.now(),
        what,
        error: `${error.code} ${error.message}`,
        ...(error.code !== 'TIMEOUT' && { excuse: 'takeover' }),
      });
    }
  }
}

/** Two publishers at a time. */
export function startPublishing(ground: Ground, ledger: Ledger): Running {
  const running = ['a', 'b'].map((name) => {
    const publisher = new Publisher(ground, ledger, name);
    const random = ground.random.fork(`pauses ${name}`);
    return repeat(
      () => publisher.step(),
      () => random.int(200, 800),
    );
  });
  return { stop: async () => void (await Promise.all(running.map((publisher) => publisher.stop()))) };
}

/** Compares the host with everything that it has acknowledged; answers what is wrong. */
export async function auditLedger(ground: Ground, ledger: Ledger): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const name of ledger.names) {
    const live = ledger.live(name);
    const history = ledger.history(name);
    const { json } = await api(ground, 'GET', `/v1/functions/${name}/revisions`);
    const revisions: readonly { revision: number; note: string; live: boolean }[] = json.revisions;
    const told = revisions.map(({ revision, note }) => `${revision}: ${note}`).toReversed();
    const kept = history.map(({ revision, marker }) => `${revision}: ${marker}`);
    if (told.join() !== kept.join()) wrong.push(`${name}: the history is ${difference(told, kept)}`);
    const current = revisions.find((one) => one.live)?.revision;
    if (current !== (live === undefined ? undefined : ledger.newest(name)))
      wrong.push(`${name}: live is ${current}, not ${ledger.newest(name)}`);
    const { status, text } = await request({ port: ground.host.port, path: `/${name}` });
    if (live === undefined ? status !== 404 : text !== live)
      wrong.push(`${name}: answers ${status} ${text.slice(0, 100)}, not ${live ?? '404'}`);
    for (const { revision, marker } of history.slice(-5)) {
      const found = (await api(ground, 'GET', `/v1/functions/${name}/revisions/${revision}`)).json;
      if (!String(found.source).includes(JSON.stringify(marker))) wrong.push(`${name}: revision ${revision} has another source`);
    }
  }
  return wrong;
}

function difference(told: readonly string[], kept: readonly string[]): string {
  const lost = kept.filter((one) => !told.includes(one));
  const more = told.filter((one) => !kept.includes(one));
  return `not what was acknowledged: missing ${JSON.stringify(lost.slice(0, 5))}, besides ${JSON.stringify(more.slice(0, 5))}`;
}
