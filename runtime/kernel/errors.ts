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
  TOO_MANY_ATTEMPTS: { status: 429, message: 'Too many sign-ins failed. Try again in {seconds} s.' },
  ORIGIN_REFUSED: {
    status: 403,
    message:
      "Only the console's own pages may make this request. A proxy in front of the console must pass the Host header on unchanged, port included.",
  },
  SOURCE_NOT_FOUND: { status: 404, message: 'File "{uri}" was not found. If packages were installed or removed, reload the page.' },
  ROUTE_NOT_FOUND: { status: 404, message: 'This API has no {method} {path}. GET /v1/openapi.json lists its calls.' },
  INVALID_NAME: {
    status: 400,
    message:
      'The function name is not valid. Use 1 to 256 letters, digits, "_", "-", "." or "/", no "/" at the start or end, and no "..", "./" or "//".',
  },
  INVALID_BODY: { status: 400, message: 'The request body is not valid for this call: {reason}' },
  INVALID_QUERY: { status: 400, message: 'The query string is not valid for this call: {reason}' },
  BODY_TOO_LARGE: { status: 413, message: 'The request body is larger than {limit} bytes. Send a smaller one.' },
  FUNCTION_NOT_FOUND: { status: 404, message: 'Function "{name}" was not found. Publish it first, or check the name.' },
  REVISION_NOT_FOUND: {
    status: 404,
    message: 'Function "{name}" has no revision {revision}. Check its revision history for those that are kept.',
  },
  CONNECTION_NOT_FOUND: { status: 404, message: 'Connection "{id}" is not open. GET /v1/connections lists those that are.' },
  REVISION_CONFLICT: {
    status: 409,
    message:
      'Function "{name}" is at revision {current}, not {expected}: somebody else published it. Read it again, merge, and publish on top of revision {current}.',
  },
  SOURCE_TOO_LARGE: {
    status: 413,
    message: 'The source of "{name}" is larger than {limit} bytes. Split it into functions that import each other.',
  },
  BUILD_FAILED: { status: 422, message: 'The source does not compile: {reason}' },
  LOAD_FAILED: { status: 422, message: 'The code failed to load: {reason}' },
  WORKER_UNAVAILABLE: { status: 503, message: 'No worker could do this: {reason} Nothing was changed. Try again.' },
  STORE_UNAVAILABLE: {
    status: 503,
    message: 'The database that stores the functions cannot be reached: {reason} Loaded functions keep running. Try again.',
  },
  CHECK_FAILED: { status: 500, message: 'The types could not be checked: {reason} You can publish without the check.' },
  RUN_TIMED_OUT: { status: 504, message: 'The run did not finish within {limit} ms. Make it faster, or raise RUN_TIMEOUT_MS.' },
  CRASH_NOT_FOUND: { status: 404, message: 'Crash report "{id}" was not found. GET /v1/crashes lists those that are kept.' },
  IMPORT_INVALID: {
    status: 400,
    message: 'The file is not a complete export of an app: {reason} Nothing was changed. Export the app again.',
  },
  IMPORT_TOO_LARGE: {
    status: 413,
    message: 'The import is larger than this MongoDB accepts in one transaction. Nothing was changed. Raise its cache size for the import.',
  },
  IMPORT_CONFLICT: {
    status: 409,
    message:
      'Some functions in the file already exist here ({count}): {names}. Nothing was changed. Import with "replace" to replace their revision histories with those in the file, or with "publish" to publish the live revisions in the file as new ones.',
  },
  INTERNAL: { status: 500, message: 'Something went wrong inside the host. See its log for the cause.' },

  BAD_REQUEST: { status: 400, message: 'The request is not valid HTTP.' },
  INVALID_URL: { status: 400, message: 'The path is not a valid URL path. Check its percent-encoding.' },
  BODY_INVALID: { status: 400, message: 'The request body could not be read: {reason}' },
  BODY_TOO_DEEP: { status: 400, message: 'The request body is nested more than {limit} levels deep. Send a flatter one.' },
  BODIES_BUSY: { status: 503, message: 'Too many large request bodies are under way at the moment. Try again in a moment.' },
  BODY_UNSUPPORTED: {
    status: 415,
    message: 'The encoding or character set of the request body is not supported. Send UTF-8, uncompressed or as gzip, deflate or br.',
  },
  HEADERS_TOO_LARGE: { status: 431, message: 'The request headers are too large. Send less; cookies are often the cause.' },
  REQUEST_TIMEOUT: { status: 408, message: 'The request did not arrive in time.' },
  TOO_MANY_CONNECTIONS: {
    status: 429,
    message: 'This address has {limit} connections open, which is the limit. Close some and try again.',
  },
  CPU_LIMIT_EXCEEDED: { status: 500, message: 'The function ran for more than {limit} ms without a pause and was stopped.' },
  MEMORY_LIMIT_EXCEEDED: { status: 500, message: 'The function was stopped because its worker was running out of memory ({limit} MB).' },
  FUNCTION_TIMEOUT: { status: 504, message: 'The function did not answer within {limit} ms.' },
  FUNCTION_QUARANTINED: {
    status: 503,
    message: 'Function "{name}" is disabled: {reason} Publish a new revision or roll back to an earlier one to enable it.',
  },
  FUNCTION_BUSY: { status: 503, message: 'Function "{name}" has too many calls running and waiting. Try again in a moment.' },
  PACKAGE_LOADING: {
    status: 503,
    message: 'Package "{specifier}" uses top-level await and has not finished loading. Try again in a moment, or load it by import().',
  },
  UPGRADE_INVALID: { status: 400, message: 'The request is not a valid WebSocket handshake.' },
  UPGRADE_NO_FUNCTION: {
    status: 404,
    message: 'Function "__websocket__" was not found, so nothing can receive this connection. Publish it first.',
  },
  UPGRADE_ORIGIN: { status: 403, message: 'Connections from this origin are not allowed.' },
  UPGRADE_REFUSED: { status: 401, message: 'The connection was refused.' },
  UPGRADE_TOO_MANY: { status: 429, message: 'This address opens more than {limit} connections a second. Try again in a moment.' },
  UPGRADE_PROTOCOL: {
    status: 500,
    message:
      'The function chose the subprotocol "{protocol}", which the client did not offer. Choose one of ctx.protocols, or undefined for none.',
  },
  UPGRADE_TIMEOUT: { status: 504, message: 'The upgrade function did not finish within {limit} ms.' },

  FUNCTION_MISSING: {
    status: 0,
    message: 'Function "{name}" was not found, so it cannot be invoked or imported. Publish it first, or check the name.',
  },
  FUNCTION_NO_HANDLER: { status: 0, message: 'Function "{name}" exports no handler. Export a default function, or one named main.' },
  PROCESS_REFUSED: { status: 0, message: 'process.{call}() would stop or disturb the host, so a function cannot call it.' },
  DESCRIPTOR_REFUSED: {
    status: 0,
    message: 'File descriptor {fd} belongs to the host, so a program cannot have it. Give it a file or a pipe of your own.',
  },
  SERVER_REFUSED: { status: 0, message: "The server's {call}() would stop the host, so a function cannot call it." },
  TIMERS_EXCEEDED: {
    status: 0,
    message: 'Function "{name}" has {limit} timers waiting, which is the limit. Clear those that are no longer needed.',
  },
  EVENT_TIMEOUT: {
    status: 0,
    message: 'The handler of {event} did not settle within {limit} ms. The next event of this socket no longer waits for it.',
  },
  INIT_FAILED: { status: 422, message: 'Function "__init__" failed: {reason} Correct it, publish it, and run it again.' },
  INIT_TIMEOUT: { status: 504, message: 'Function "__init__" did not finish within {limit} ms. The host serves without waiting for it.' },
  DATABASE_UNAVAILABLE: {
    status: 0,
    message:
      'This host has no database. Start it with MONGODB_URI=mongodb://… to use your own, or with MONGODB_URI=managed to let it start one for development.',
  },
  STORAGE_UNAVAILABLE: {
    status: 0,
    message: 'This host has no file storage: cloud.storage is not supported yet. Use a storage client from a package instead.',
  },

  CONFIG_INVALID: { status: 0, message: 'The configuration is not valid: {reason}' },
  PORT_UNAVAILABLE: {
    status: 0,
    message: 'Cannot listen on {host}:{port} ({reason}). Stop the program that uses the port, or set {variable} to another one.',
  },
  MONGOD_UNAVAILABLE: { status: 0, message: 'MONGODB_URI=managed needs a mongod: {reason}' },
  DATA_DIR_UNAVAILABLE: { status: 0, message: 'Cannot use the data folder {dir}: {reason}' },
} as const satisfies Record<string, CatalogueRow>;

/** The name of one row of the {@link catalogue}; stable, meant for programs. */
export type ErrorCode = keyof typeof catalogue;

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(catalogue, value);
}

/** One place in a function's source. Lines and columns count from 1. */
export interface Diagnostic {
  readonly function: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly lineText: string;
}

/** Whether a value that was stored as one is a diagnostic. */
export function isDiagnostic(value: unknown): value is Diagnostic {
  const { function: name, line, column, message, lineText } = { ...Object(value) };
  return [name, message, lineText].every((text) => typeof text === 'string') && Number.isInteger(line) && Number.isInteger(column);
}

/** What fills an error's message and goes into its JSON form beside `code` and `message`. */
export type ErrorDetails = Readonly<Record<string, string | number>>;

/** The JSON form of a {@link HearthError}: what crosses the process border and what the API sends. */
export interface ErrorReport {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details?: ErrorDetails;
  readonly diagnostics?: readonly Diagnostic[];
}

/** An error of the {@link catalogue}. Its message is safe to show to the caller. */
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
