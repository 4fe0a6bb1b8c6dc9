import { get, type IncomingMessage } from 'node:http';
import { type Ground, repeat, type Running } from './ground.ts';
import { good } from './traffic.ts';

/** Milliseconds after which a line that was logged has reached who follows the log. */
const latest = 5_000;

/** Follows the log, lets a function log numbers, and checks that all of them come, in order and once. */
export function startFollower(ground: Ground): Running {
  const { host, journal } = ground;
  const awaited = new Map<number, number>();
  let lastId = 0;
  let stopping = false;
  let rest = '';
  let response: IncomingMessage | undefined;

  const takeRecord = (record: { id: number; message: string }): void => {
    journal.count('log lines');
    if (record.id <= lastId) journal.wrong(`log stream: record ${record.id} after ${lastId}`);
    lastId = record.id;
    const beacon = /^beacon (\d+)$/.exec(record.message)?.[1];
    if (beacon !== undefined) awaited.delete(Number(beacon));
    const drain = /is being replaced: (?:it |\d)/.exec(record.message);
    if (drain) setTimeout(journal.begin(`drain: ${record.message}`), 5_000);
  };
  const asked = get(
    {
      host: '127.0.0.1',
      port: host.consolePort,
      path: '/v1/logs/stream',
      agent: false,
      headers: { authorization: `Bearer ${host.token}` },
    },
    (stream) => {
      response = stream;
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (line.startsWith('data: ')) takeRecord(JSON.parse(line.slice(6)));
      });
      stream.on('error', () => {});
      stream.on('close', () => {
        if (!stopping) journal.wrong('log stream: it was cut off');
      });
    },
  );
  asked.on('error', (error) => {
    if (!stopping) journal.wrong(`log stream: ${error.message}`);
  });

  const check = (now: number): void => {
    for (const [n, at] of awaited) {
      if (now - at < latest) continue;
      awaited.delete(n);
      // A flood takes the lines of its second with it.
      if (journal.during(/^fault logs/, at)) journal.count('beacons dropped in a flood');
      else journal.failed({ from: at, until: at, what: 'beacon', error: `line ${n} never reached the log stream`, excuse: 'takeover' });
    }
  };
  let number = 0;
  const beacons = repeat(
    async () => {
      const n = ++number;
      // The line may be there before the answer.
      if (response) awaited.set(n, Date.now());
      const reply = await good(ground, { ask: { path: `/good-beacon?n=${n}` }, check: ({ json }) => json?.n === String(n) });
      if (reply) journal.count('beacons');
      else awaited.delete(n);
      check(Date.now());
    },
    () => 250,
  );
  return {
    async stop() {
      await beacons.stop();
      await new Promise((resolve) => setTimeout(resolve, 500));
      stopping = true;
      asked.destroy();
      response?.destroy();
    },
  };
}
