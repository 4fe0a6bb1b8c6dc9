import type { ServerResponse } from 'node:http';
import type Koa from 'koa';
import type { LogBook } from '../logs/log-book.ts';
import type { LogFilter, LoggedRecord } from '../logs/log-filter.ts';
import type { ApiLimits } from './route.ts';

export interface StreamQuery extends LogFilter {
  readonly limit?: number;
}

export interface LogStreams {
  /** Answers the request with a stream of records that lasts until the client goes or `close()`. */
  open(ctx: Koa.Context, query: StreamQuery): void;
  /** Ends every stream, also those opened later. */
  close(): void;
}

/** Makes the log streams; an event's id is its record's. */
export function createLogStreams(logs: LogBook, limits: ApiLimits): LogStreams {
  const streams = new Set<LogStream>();
  let closed = false;

  return {
    open(ctx, query) {
      setHeaders(ctx);
      if (ctx.method === 'HEAD' || closed) {
        ctx.body = '';
        return;
      }
      const lastId = parseEventId(ctx.get('Last-Event-ID'));
      ctx.respond = false;
      ctx.res.flushHeaders();
      const stream = new LogStream(ctx.res, limits.streamBuffer);
      streams.add(stream);
      const unsubscribe = follow(logs, stream, query, lastId);
      stream.limitBacklog();
      const heartbeat = setInterval(() => stream.beat(), limits.heartbeat);
      ctx.res.once('close', () => {
        clearInterval(heartbeat);
        unsubscribe();
        streams.delete(stream);
        if (stream.overrun)
          logs.log({ time: Date.now(), level: 'warn', message: 'A client of the log stream was disconnected because it was not reading.' });
      });
    },
    close() {
      closed = true;
      for (const stream of streams) stream.end();
    },
  };
}

function setHeaders(ctx: Koa.Context): void {
  ctx.status = 200;
  ctx.set('Content-Type', 'text/event-stream; charset=utf-8');
  // Proxies such as nginx would hold events back.
  ctx.set('X-Accel-Buffering', 'no');
  // An ended stream must not leave an idle connection that keeps the server from closing.
  ctx.set('Connection', 'close');
}

// All of it happens in one tick: no record comes between what is in memory and what is new.
function follow(logs: LogBook, stream: LogStream, query: StreamQuery, lastId: number | undefined): () => void {
  const { limit, ...filter } = query;
  if (lastId === undefined && (limit !== undefined || filter.since !== undefined)) {
    for (const record of logs.query(filter, limit ?? Number.MAX_SAFE_INTEGER)) stream.send(record);
  }
  return logs.subscribe(filter, lastId, (record) => stream.send(record));
}

/** The record to go on after; undefined when the header names none. */
function parseEventId(header: string): number | undefined {
  return /^\d{1,16}$/.test(header) ? Number(header) : undefined;
}

/** Characters that are written at once, so that what a client does not read is soon noticed. */
const writeSize = 64 * 1024;

/** One client's stream. A client that does not read is cut off, so that it cannot fill the memory. */
class LogStream {
  readonly #response: ServerResponse;
  readonly #limit: number;
  #ceiling = Number.POSITIVE_INFINITY;
  #overrun = false;
  /** Records that are written together. */
  #pending = '';
  #scheduled = false;

  constructor(response: ServerResponse, limit: number) {
    this.#response = response;
    this.#limit = limit;
  }

  get overrun(): boolean {
    return this.#overrun;
  }

  /** Records of one turn of the event loop are written together: a worker sends hundreds at a time. */
  send(record: LoggedRecord): void {
    if (!this.#writable) return;
    this.#pending += `id: ${record.id}\ndata: ${JSON.stringify(record)}\n\n`;
    if (this.#pending.length >= writeSize) this.#flush();
    else if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => {
        this.#scheduled = false;
        this.#flush();
      });
    }
  }

  beat(): void {
    this.#pending += ':\n\n';
    this.#flush();
  }

  /** From now on what waits is bounded. What was replayed comes on top until it is read: nobody could have read it yet. */
  limitBacklog(): void {
    this.#flush();
    this.#ceiling = this.#limit + this.#response.writableLength;
    this.#response.once('drain', () => {
      this.#ceiling = this.#limit;
    });
  }

  end(): void {
    this.#flush();
    if (this.#response.writableNeedDrain) this.#response.destroy();
    else this.#response.end();
  }

  get #writable(): boolean {
    return !this.#response.destroyed && !this.#response.writableEnded;
  }

  #flush(): void {
    const text = this.#pending;
    this.#pending = '';
    if (text === '' || !this.#writable) return;
    this.#response.write(text);
    if (this.#response.writableLength <= this.#ceiling) return;
    this.#overrun = true;
    this.#response.destroy();
  }
}
