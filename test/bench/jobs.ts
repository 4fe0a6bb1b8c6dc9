/** What the client process of a benchmark is asked to do. Times are milliseconds. */
export interface Jobs {
  /** Requests or messages as fast as answers come, one at a time on each connection. */
  throughput(job: Throughput): Counted;
  /** One message at a time to and fro on a connection to each port, by turns. */
  latency(job: LatencyJob): LatencyResult;
  /** Has users connected to each port, who stay. */
  users(job: { readonly ports: readonly number[]; readonly count: number }): Counted;
  /** Has messages sent to those users by requests to each port, by turns. */
  push(job: PushJob): PushResult;
  /** Begins a load that goes on until `settle`. */
  load(job: LoadJob): void;
  /** Ends the load and waits for what is outstanding. */
  settle(job: object): LoadResult;
  /** Opens more WebSockets and keeps them. */
  gather(job: GatherJob): Gathered;
  /** Sends one message on each of them and waits for its echo. */
  talk(job: object): Counted;
  /** Closes each of them by the closing handshake. */
  leave(job: object): Counted;
  /** Ends each of them without a goodbye. */
  drop(job: object): Counted;
  /** Has each of them expect a message of so many bytes with its frame, until `heard`. */
  listen(job: { readonly bytes: number }): void;
  /** Waits until the last of them has it, a bounded time. */
  heard(job: object): Heard;
  /** Has a message of so many bytes, with its frame, sent to all of them by a GET of the path, and waits until the last has it. */
  hear(job: { readonly port: number; readonly path: string; readonly bytes: number }): AudienceResult;
  /** Ends a process by SIGKILL while new connections keep coming, and watches how they fare. */
  kill(job: { readonly port: number; readonly pid: number }): TakeoverResult;
}

export interface Throughput {
  readonly kind: 'http' | 'ws';
  readonly port: number;
  readonly path: string;
  /** Of an HTTP request: JSON to post. */
  readonly body?: string;
  readonly connections: number;
  readonly duration: number;
}

/** How often something was done, how often it failed, and how long all of it took. */
export interface Counted {
  readonly count: number;
  readonly failed: number;
  readonly took: number;
}

export interface GatherJob {
  readonly port: number;
  readonly count: number;
  /** The address to connect from, should one not have ports enough. */
  readonly from?: string;
}

export interface Gathered extends Counted {
  /** The share of the time in which the client process was at work. */
  readonly busy: number;
}

export interface Heard {
  /** Sockets that got exactly the message. */
  readonly count: number;
  /** When the last socket had its message, by the machine's monotonic clock; NaN when not all had it in time. */
  readonly ended: number;
  /** The share of the time in which the client process was at work. */
  readonly busy: number;
}

export interface AudienceResult extends Heard {
  /** What the GET was answered. */
  readonly answer: string;
}

export interface LatencyJob {
  readonly ports: readonly number[];
  readonly turns: number;
  /** How many go to and fro in a turn. */
  readonly messages: number;
}

export interface LatencyResult {
  /** Of each port, the median of each turn in microseconds. */
  readonly medians: readonly (readonly number[])[];
}

export interface PushJob {
  readonly ports: readonly number[];
  readonly turns: number;
  /** Messages in a turn. */
  readonly pushes: number;
  /** Requests that are under way at any time. */
  readonly abreast: number;
}

/** Microseconds until the message was at the client. */
export interface PushTimes {
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
}

export interface PushTurn {
  /** From the client's request, and from when the server sent the message. */
  readonly asked: PushTimes;
  readonly sent: PushTimes;
  /** Messages that did not come, or came to somebody else. */
  readonly lost: number;
}

export interface PushResult {
  /** Of each port. */
  readonly turns: readonly (readonly PushTurn[])[];
}

export interface LoadJob {
  readonly port: number;
  readonly clients: number;
  /** Answers `{ version }` to a request. */
  readonly path: string;
}

export interface LoadResult {
  readonly requests: number;
  /** Requests that got no answer, or one that is not 200. */
  readonly lostRequests: number;
  /** Answers of an older version than the connection has seen. */
  readonly stale: number;
  readonly messages: number;
  /** Messages without an echo, or with one that is out of order. */
  readonly lostMessages: number;
  /** The share of the load's time in which the client process was at work. */
  readonly busy: number;
}

export interface TakeoverResult {
  /** Connections that nobody accepted. */
  readonly refused: number;
  /** Connections made, and those of them that the killed worker had already accepted. */
  readonly attempts: number;
  readonly cut: number;
  /** Connections that got no answer in time, or one that is not 200. */
  readonly unanswered: number;
  /** From the kill to the first answer on a connection that was made after it; null if there was none. */
  readonly firstAnswer: number | null;
  /** The longest that a connection waited for its answer. */
  readonly longestWait: number;
}

export type JobName = keyof Jobs;
export type JobOf<N extends JobName> = Parameters<Jobs[N]>[0];
export type ResultOf<N extends JobName> = ReturnType<Jobs[N]>;

/** What the process is sent; it answers each with an {@link Outcome}. */
export interface JobMessage<N extends JobName = JobName> {
  readonly name: N;
  readonly job: JobOf<N>;
}

export interface Outcome {
  readonly result?: unknown;
  readonly error?: string;
}
