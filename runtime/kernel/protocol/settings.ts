/** Limits that the worker keeps; docs/limits.md lists each with its variable and default. */
export interface WorkerLimits {
  /** Bytes of a request body. */
  readonly requestBody: number;
  /** Levels of nesting of a request body. */
  readonly bodyDepth: number;
  /** Bytes of a WebSocket message. */
  readonly message: number;
  /** Messages that wait for a socket's handler before the socket is paused; resumed at a quarter. */
  readonly queuedMessages: number;
  /** Milliseconds between two pings; a socket that responds to neither of two is terminated. */
  readonly pingInterval: number;
  /** Buffered bytes of one socket at which a warning is logged, and at which it is terminated. */
  readonly bufferedWarning: number;
  readonly bufferedMaximum: number;
  /** Milliseconds that `upgrade()` may take. */
  readonly upgradeTimeout: number;
  /** Milliseconds that a draft run may take. */
  readonly runTimeout: number;
  /** Milliseconds that `__init__` may take before the worker serves without it. */
  readonly initTimeout: number;
  /** Log lines a second that a worker passes on; more are dropped and counted. */
  readonly logLines: number;
  /** Milliseconds that a function may run without a pause before its next loop or call throws; 0: no limit, and no guards. */
  readonly cpuTime: number;
  /** Milliseconds that the event loop may stand still before the worker is ended. */
  readonly stuckTime: number;
  /** Megabytes (2^20 bytes) of resident memory at which the worker is ended; at four fifths it is drained. */
  readonly memory: number;
  /** Milliseconds until a function called over HTTP has to begin its response. */
  readonly functionTimeout: number;
  /** Milliseconds that a socket's next event waits for the handler of the one before. */
  readonly eventTimeout: number;
  /** Calls over HTTP of one function that may be under way, and that may wait for their turn. */
  readonly concurrency: number;
  readonly queuedCalls: number;
  /** Connections that one address may have open, and upgrades a second that it may ask for. */
  readonly addressConnections: number;
  readonly addressUpgrades: number;
  /** Addresses that are not limited: proxies. */
  readonly trustedAddresses: readonly string[];
  /** Buffered bytes of all sockets together, at which those with the most are terminated. */
  readonly bufferedTotal: number;
  /** Milliseconds for a request's headers, and for the whole request, to arrive. */
  readonly headersTimeout: number;
  readonly requestTimeout: number;
}

/** What a worker is started with. It comes over IPC, so that the system shows no secret: of the process's environment it is `env`. */
export interface WorkerSettings {
  readonly appId: string;
  readonly serverSecret: string;
  /** The app's variables: what functions see as `process.env` and `cloud.env`. */
  readonly env: Readonly<Record<string, string>>;
  /** The folder whose `node_modules` holds the app's packages. */
  readonly packagesDir: string;
  /** The folder for uploads; each is removed after its response. */
  readonly uploadDir: string;
  /** The connection string of the database that functions use; undefined: none. */
  readonly databaseUri: string | undefined;
  /** Origins that may open sockets; undefined means any. */
  readonly origins: readonly string[] | undefined;
  readonly limits: WorkerLimits;
}
