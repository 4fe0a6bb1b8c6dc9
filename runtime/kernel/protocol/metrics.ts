/** What one counter of a worker is, wherever it is shown. */
interface CounterRow {
  /** The name of its Prometheus family. */
  readonly family: string;
  /** A counter only grows while the worker lives; a gauge says how it is now. */
  readonly type: 'counter' | 'gauge';
  readonly help: string;
}

/** The counters of a worker. What crosses IPC, the API's schema, Prometheus' text and the metrics history are made of it. */
const table = {
  requests: { family: 'hearth_requests_total', type: 'counter', help: 'HTTP requests to functions.' },
  requestErrors: { family: 'hearth_request_errors_total', type: 'counter', help: 'HTTP requests whose function threw.' },
  requestsActive: { family: 'hearth_requests_active', type: 'gauge', help: 'HTTP requests in progress.' },
  requestsQueued: { family: 'hearth_requests_queued', type: 'gauge', help: 'HTTP requests waiting to start.' },
  refused: { family: 'hearth_refused_total', type: 'counter', help: 'Requests and connections refused because there were too many.' },
  timeouts: { family: 'hearth_timeouts_total', type: 'counter', help: 'Requests and socket events that timed out.' },
  stopped: { family: 'hearth_stopped_total', type: 'counter', help: 'Calls stopped for running or allocating without a pause.' },
  connections: { family: 'hearth_connections_open', type: 'gauge', help: 'Open WebSocket connections.' },
  connectionsTotal: { family: 'hearth_connections_total', type: 'counter', help: 'WebSocket connections opened.' },
  messagesReceived: { family: 'hearth_messages_received_total', type: 'counter', help: 'WebSocket messages received.' },
  messagesSent: { family: 'hearth_messages_sent_total', type: 'counter', help: 'WebSocket messages sent.' },
  buffered: { family: 'hearth_buffered_bytes', type: 'gauge', help: 'Bytes waiting to be sent, over all sockets.' },
  logLinesDropped: { family: 'hearth_log_lines_dropped_total', type: 'counter', help: 'Log lines dropped under pressure.' },
} as const satisfies Record<string, CounterRow>;

export type CounterName = keyof typeof table;

/** The counters of a worker since it started. */
export type Counters = Record<CounterName, number>;

/** What a worker reports of itself. */
export interface WorkerMetrics extends Readonly<Counters> {
  /** Whether connections are accepted. */
  readonly listening: boolean;
  readonly functions: number;
  /** Bytes. */
  readonly memory: { readonly rss: number; readonly heapUsed: number; readonly heapTotal: number; readonly external: number };
  /** Milliseconds over the last interval. */
  readonly eventLoopDelay: { readonly mean: number; readonly p99: number; readonly max: number };
}

/** In the order in which they are shown. */
const counterNames: readonly CounterName[] = Object.keys(table).filter(isCounterName);

/** Makes something of each counter. */
export function mapCounters<T>(make: (name: CounterName, row: CounterRow) => T): Record<CounterName, T> {
  const made: Partial<Record<CounterName, T>> = {};
  for (const name of counterNames) made[name] = make(name, table[name]);
  if (!isWhole(made)) throw new TypeError('A counter is missing.');
  return made;
}

function isCounterName(key: string): key is CounterName {
  return Object.hasOwn(table, key);
}

function isWhole<T>(made: Partial<Record<CounterName, T>>): made is Record<CounterName, T> {
  return counterNames.every((name) => name in made);
}
