import { setTimeout as sleep } from 'node:timers/promises';
import type { TestHost } from '../scenario/host.ts';
import type { Journal } from './journal.ts';
import type { Random } from './random.ts';
import { type Reply, request } from './request.ts';

/** What everybody who acts on the host has. */
export interface Ground {
  readonly host: TestHost;
  readonly journal: Journal;
  readonly random: Random;
}

/** Calls the control API over a connection of its own, so that no kept-alive connection can be closed under it. */
export function api({ host }: Pick<Ground, 'host'>, method: string, path: string, body?: unknown): Promise<Reply> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = { authorization: `Bearer ${host.token}`, ...(text !== undefined && { 'content-type': 'application/json' }) };
  return request({ port: host.consolePort, path, method, headers, ...(text !== undefined && { body: text }) });
}

/** Publishes what the soak itself needs; tries again while no worker is there. */
export async function install(ground: Ground, name: string, source: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const answer = await api(ground, 'PUT', `/v1/functions/${encodeURIComponent(name)}`, { source, note: 'soak' });
    if (answer.status === 200 || answer.status === 201) return;
    if (answer.status !== 503 || attempt === 5) throw new Error(`${name} could not be published: ${answer.status} ${answer.text}`);
  }
}

/** Something that goes on by itself until it is told to end. */
export interface Running {
  /** Resolves when all of it has ended. */
  stop(): Promise<void>;
}

/** Does something again and again, with pauses of `pause()` milliseconds, until it is stopped. */
export function repeat(step: () => Promise<unknown>, pause: () => number): Running {
  const stopping = new AbortController();
  const { signal } = stopping;
  const loop = async (): Promise<void> => {
    while (!signal.aborted) {
      await step();
      // It rejects when it is cut short.
      await sleep(pause(), undefined, { signal }).catch(() => {});
    }
  };
  const ended = loop();
  // Who stops it gets the reason.
  ended.catch(() => {});
  return {
    stop() {
      stopping.abort();
      return ended;
    },
  };
}
