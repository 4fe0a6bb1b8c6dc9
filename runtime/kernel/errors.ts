/** What one row of the catalogue fixes: the HTTP status (0 where no reply carries it) and the sentence a person reads. */
interface CatalogueRow {
  readonly status: number;
  readonly message: string;
}

/**
 * Every error that Hearth itself makes. `{name}` in a message is filled from the error's details.
 * docs/errors.md explains each row; a test keeps the two in step.
 */
export const catalogue = {
  UNAUTHORIZED: { status: 401, message: 'The admin token is missing or wrong. Send it as "Authorization: Bearer <ADMIN_TOKEN>".' },
  TOO_MANY_ATTEMPTS: { status: 429, message: 'Too many sign-ins have failed. Try again in {seconds} s.' },
  ORIGIN_REFUSED: {
    status: 403,
    message:
      'Only pages of the console itself get an answer here. A proxy in front of it must pass the Host header on as it is, with the port.',
  },
  SOURCE_NOT_FOUND: { status: 404, message: 'There is no file "{uri}" to read.' },
  ROUTE_NOT_FOUND: { status: 404, message: 'There is no {method} {path} in this API. GET /v1/openapi.json lists its calls.' },
  INVALID_NAME: {
    status: 400,
    message:
      'A function name is 1 to 256 letters, digits, "_", "-", "." or "/", neither starts nor ends with "/", and holds no "..", "./" or "//".',
  },
  INVALID_BODY: { status: 400, message: 'The request body is not what this call takes: {reason}' },
  INVALID_QUERY: { status: 400, message: 'The query string is not what this call takes: {reason}' },
  BODY_TOO_LARGE: { status: 413, message: 'The request body is larger than {limit} bytes.' },
  FUNCTION_NOT_FOUND: { status: 404, message: 'There is no function "{name}".' },
  REVISION_NOT_FOUND: { status: 404, message: 'Function "{name}" has no revision {revision}.' },
  CONNECTION_NOT_FOUND: { status: 404, message: 'There is no open connection "{id}".' },
  REVISION_CONFLICT: {
    status: 409,
    message:
      'Function "{name}" is at revision {current}, not {expected}: somebody else published. Read it again, merge, and publish with that revision.',
  },
  SOURCE_TOO_LARGE: {
    status: 413,
    message: 'The source of "{name}" is larger than {limit} bytes. Split it into functions that import each other.',
  },
  BUILD_FAILED: { status: 422, message: 'The source does not compile: {reason}' },
  LOAD_FAILED: { status: 422, message: 'The code threw while it was loaded: {reason}' },
  WORKER_UNAVAILABLE: { status: 503, message: 'No worker could carry this out: {reason} Nothing was changed; try again.' },
  STORE_UNAVAILABLE: {
    status: 503,
    message: 'The database that keeps the functions cannot be reached: {reason} Those that are loaded go on; try again.',
  },
  CHECK_FAILED: { status: 500, message: 'The types could not be checked: {reason} Publishing does not need it.' },
  RUN_TIMED_OUT: { status: 504, message: 'The run did not answer within {limit} ms.' },
  CRASH_NOT_FOUND: { status: 404, message: 'There is no crash report "{id}".' },
  IMPORT_INVALID: { status: 400, message: 'The file is not a whole export of an app: {reason} Nothing was changed.' },
  IMPORT_TOO_LARGE: {
    status: 413,
    message: 'The import is more than this MongoDB takes in one transaction. Nothing was changed. Raise the size of its cache for it.',
  },
  IMPORT_CONFLICT: {
    status: 409,
    message:
      'Of the functions in the file {count} exist here already: {names}. Nothing was changed. Import with "replace" to take the histories of the file in their place, or with "publish" to publish what is live in the file as new revisions.',
  },
  INTERNAL: { status: 500, message: 'Something went wrong inside the host. Its log has the cause.' },

  BAD_REQUEST: { status: 400, message: 'The request is not valid HTTP.' },
  INVALID_URL: { status: 400, message: 'The path is not a valid URL path.' },
  BODY_INVALID: { status: 400, message: 'The request body could not be read: {reason}' },
  BODY_UNSUPPORTED: { status: 415, message: 'The request body has an encoding or character set that is not supported.' },
  HEADERS_TOO_LARGE: { status: 431, message: 'The request headers are too large.' },
  REQUEST_TIMEOUT: { status: 408, message: 'The request did not arrive in time.' },
  TOO_MANY_CONNECTIONS: { status: 429, message: 'This address has {limit} connections open, which is as many as it may.' },
  CPU_LIMIT_EXCEEDED: { status: 500, message: 'The function ran for more than {limit} ms without a pause and was stopped.' },
  MEMORY_LIMIT_EXCEEDED: { status: 500, message: 'The function was stopped because the memory of its worker ran out ({limit} MB).' },
  FUNCTION_TIMEOUT: { status: 504, message: 'The function did not answer within {limit} ms.' },
  FUNCTION_QUARANTINED: {
    status: 503,
    message: 'Function "{name}" is switched off: {reason} Publish it again, mended or at an earlier revision, to switch it on.',
  },
  FUNCTION_BUSY: { status: 503, message: 'Function "{name}" has too many calls under way and waiting. Try again in a moment.' },
  UPGRADE_INVALID: { status: 400, message: 'The upgrade is not a valid WebSocket handshake.' },
  UPGRADE_NO_FUNCTION: { status: 404, message: 'There is no function "__websocket__" to receive this connection.' },
  UPGRADE_ORIGIN: { status: 403, message: 'Connections from this origin are not allowed.' },
  UPGRADE_REFUSED: { status: 401, message: 'The connection was refused.' },
  UPGRADE_TOO_MANY: { status: 429, message: 'This address opens more than {limit} connections a second.' },
  UPGRADE_TIMEOUT: { status: 504, message: 'The upgrade function did not answer within {limit} ms.' },

  FUNCTION_MISSING: { status: 0, message: 'There is no function "{name}" to invoke or import.' },
  FUNCTION_NO_HANDLER: { status: 0, message: 'Function "{name}" exports no handler: export a default function, or one named main.' },
  PROCESS_REFUSED: { status: 0, message: 'process.{call}() would stop the host, so a function cannot call it.' },
  SERVER_REFUSED: { status: 0, message: "The server's {call}() would stop the host, so a function cannot call it." },
  TIMERS_EXCEEDED: { status: 0, message: 'Function "{name}" has {limit} timers waiting, which is as many as it may.' },
  EVENT_TIMEOUT: {
    status: 0,
    message: 'The handler of {event} has not settled for {limit} ms; the next event of the socket no longer waits for it.',
  },
  INIT_TIMEOUT: { status: 0, message: 'The function __init__ has not finished after {limit} ms; the host serves without waiting for it.' },
  DATABASE_UNAVAILABLE: {
    status: 0,
    message:
      'This host has no database. Start it with MONGODB_URI=mongodb://… to use one of yours, or with MONGODB_URI=managed to have one started for development.',
  },
  STORAGE_UNAVAILABLE: { status: 0, message: 'This host has no file storage: cloud.storage is not supported yet.' },

  CONFIG_INVALID: { status: 0, message: 'The configuration is wrong: {reason}' },
  PORT_UNAVAILABLE: {
    status: 0,
    message: 'Cannot listen on {host}:{port} ({reason}). Set {variable} to another port, or stop what uses it.',
  },
  MONGOD_UNAVAILABLE: { status: 0, message: 'MONGODB_URI=managed needs a mongod: {reason}' },
  DATA_DIR_UNAVAILABLE: { status: 0, message: 'Cannot use the data folder {dir}: {reason}' },
} as const satisfies Record<string, CatalogueRow>;

/** The name of one row of the {@link catalogue}; stable, meant for programs. */
export type ErrorCode = keyof typeof catalogue;

/** One place in a function's source. Lines and columns count from 1. */
export interface Diagnostic {
  readonly function: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly lineText: string;
}

/** What fills an error's message and goes into its JSON form beside `code` and `message`. */
export type ErrorDetails = Readonly<Record<string, string | number>>;

/** The JSON form of a {@link HearthError}: what crosses the process border and what the API answers. */
export interface ErrorReport {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details?: ErrorDetails;
  readonly diagnostics?: readonly Diagnostic[];
}

/** An error of the {@link catalogue}. Its message is safe to show to whoever made the call. */
export class HearthError extends Error {
  override readonly name = 'HearthError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  readonly diagnostics: readonly Diagnostic[] | undefined;

  constructor(code: ErrorCode, details: ErrorDetails = {}, more: { cause?: unknown; diagnostics?: readonly Diagnostic[] } = {}) {
    super(fill(catalogue[code].message, details), more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.details = details;
    this.diagnostics = more.diagnostics;
  }

  /** The HTTP status of a reply that carries this error; 0 where none does. */
  get status(): number {
    return catalogue[this.code].status;
  }

  /** The form that crosses the process border. */
  toReport(): ErrorReport {
    return { code: this.code, message: this.message, details: this.details, ...(this.diagnostics && { diagnostics: this.diagnostics }) };
  }

  /** The error that `toReport()` described, without its cause. */
  static fromReport(report: ErrorReport): HearthError {
    return new this(report.code, report.details, report.diagnostics ? { diagnostics: report.diagnostics } : {});
  }
}

/** The message of anything that can be thrown; never throws itself. */
export function messageOf(thrown: unknown): string {
  try {
    // A message is whatever somebody assigned to it.
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return 'a value that cannot be shown was thrown';
  }
}

function fill(template: string, details: ErrorDetails): string {
  return template.replace(/\{(\w+)\}/g, (whole, key: string) => (Object.hasOwn(details, key) ? String(details[key]) : whole));
}
