import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { HearthError, messageOf } from '../../kernel/errors.ts';
import { type LogLevel, logLevels } from '../../kernel/ports/logger.ts';
import type { AppSettings } from '../app/app.ts';
import type { WorkerLimits } from '../../kernel/protocol/settings.ts';

/** What belongs to an app. Sizes are bytes. */
export interface AppConfig extends AppSettings {
  readonly sourceLimit: number;
}

/** The host's configuration: validated once at start, never changed. Times are milliseconds, sizes bytes. */
export interface Config {
  readonly port: number;
  readonly consolePort: number;
  readonly host: string;
  /** The origin at which clients reach functions, without a slash at the end. Undefined: the host's own name and `port`. */
  readonly functionsUrl: string | undefined;
  readonly dataDir: string;
  /** Undefined: one is made at the first start. */
  readonly adminToken: string | undefined;
  readonly logLevel: LogLevel;
  /** Revisions of a function that are kept. */
  readonly historyLimit: number;
  /** The database for functions and of functions; `managed`: the host starts one. Undefined: functions are kept in a file. */
  readonly mongodbUri: string | undefined;
  /** The mongod to start; undefined: one is looked for. */
  readonly mongodBin: string | undefined;
  readonly app: AppConfig;
}

const units: Readonly<Record<string, number>> = { b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 };

const size = z
  .string()
  .regex(/^\d+(?:\.\d+)?\s*(?:b|kb|mb|gb)?$/i, 'must be a size such as 512kb or 10mb')
  .transform((text) => {
    const [, digits = '', unit = 'b'] = /^([\d.]+)\s*([a-z]*)$/i.exec(text) ?? [];
    return Math.floor(Number(digits) * (units[unit.toLowerCase() || 'b'] ?? 1));
  })
  .refine((bytes) => bytes > 0, 'must be more than 0');
const count = (minimum: number, maximum: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .refine((number) => number >= minimum && number <= maximum, `must be from ${minimum} to ${maximum}`);
const port = count(0, 65_535);
const milliseconds = count(1, 24 * 3_600_000);
const text = z.string().min(1);
const origin = z
  .string()
  .refine(isOrigin, 'must be http:// or https:// with a host and optionally a port, and nothing else, such as https://api.example.com')
  .transform((url) => new URL(url).origin);
const list = z.string().transform((items) => items.split(',').map((item) => item.trim()));

/** Every variable that the host reads. Names that end here never reach a function. */
const variables = {
  PORT: port.default(4000),
  CONSOLE_PORT: port.default(4001),
  HOST: text.default('127.0.0.1'),
  FUNCTIONS_URL: origin.optional(),
  DATA_DIR: text.default('.hearth'),
  ADMIN_TOKEN: text.min(8, 'must have at least 8 characters').optional(),
  APP_ID: z
    .string()
    .regex(/^[\w-]{1,64}$/, 'must be 1 to 64 letters, digits, "_" or "-"')
    .default('hearth'),
  SERVER_SECRET: text.min(16, 'must have at least 16 characters').optional(),
  LOG_LEVEL: z.enum(logLevels).default('info'),
  WEBSOCKET_ORIGINS: list.optional(),
  REQUEST_LIMIT_SIZE: size.default(10 * 1024 ** 2),
  REQUEST_DEPTH_LIMIT: count(1, 1_000_000).default(1_000),
  SOURCE_LIMIT_SIZE: size.default(512 * 1024),
  HISTORY_LIMIT: count(1, 1_000_000).default(1_000),
  WEBSOCKET_MESSAGE_LIMIT: size.default(1024 ** 2),
  WEBSOCKET_QUEUE_LIMIT: count(4, 1_000_000).default(64),
  WEBSOCKET_PING_MS: milliseconds.default(30_000),
  WEBSOCKET_BUFFER_WARNING: size.default(1024 ** 2),
  WEBSOCKET_BUFFER_LIMIT: size.default(16 * 1024 ** 2),
  UPGRADE_TIMEOUT_MS: milliseconds.default(10_000),
  INIT_TIMEOUT_MS: milliseconds.default(30_000),
  RUN_TIMEOUT_MS: milliseconds.default(30_000),
  STOP_TIMEOUT_MS: milliseconds.default(5_000),
  LOG_LINES_PER_SECOND: count(1, 1_000_000).default(5_000),
  FUNCTION_CPU_LIMIT_MS: count(0, 3_600_000).default(1_000),
  FUNCTION_TIMEOUT_MS: milliseconds.default(60_000),
  FUNCTION_CONCURRENCY: count(1, 1_000_000).default(1_000),
  FUNCTION_QUEUE_LIMIT: count(0, 1_000_000).default(1_000),
  WEBSOCKET_EVENT_TIMEOUT_MS: milliseconds.default(30_000),
  WEBSOCKET_BUFFER_TOTAL: size.default(256 * 1024 ** 2),
  ADDRESS_CONNECTION_LIMIT: count(1, 10_000_000).default(2_000),
  ADDRESS_UPGRADE_LIMIT: count(1, 1_000_000).default(200),
  TRUSTED_ADDRESSES: list.default(['127.0.0.1', '::1']),
  HEADERS_TIMEOUT_MS: milliseconds.default(20_000),
  REQUEST_TIMEOUT_MS: milliseconds.default(300_000),
  WORKER_STUCK_MS: count(100, 3_600_000).default(5_000),
  WORKER_MEMORY_LIMIT_MB: count(64, 1_000_000).default(1_024),
  MONGODB_URI: z
    .string()
    .regex(/^(?:managed$|mongodb(?:\+srv)?:\/\/)/, 'must start with mongodb:// or mongodb+srv://, or be the word managed')
    .optional(),
  MONGOD_BIN: text.optional(),
  WORKER_PERMISSIONS: z.enum(['full', 'restricted']).default('full'),
} as const;

const schema = z.object(variables);

/** Set for other parts of Hearth; not a function's business either. */
const reservedVariables = new Set([...Object.keys(variables), 'NATS_URL', 'NODE_OPTIONS', 'NODE_CHANNEL_FD']);

/** Reads the configuration from an environment; throws `CONFIG_INVALID` that names every variable that is wrong. */
export function readConfig(env: Readonly<Record<string, string | undefined>>, cwd: string): Config {
  const { values: given, unreadable } = readValues(env);
  const parsed = schema.safeParse(given);
  const issues = parsed.success ? samePorts(parsed.data) : parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
  const reasons = [...unreadable, ...issues];
  if (!parsed.success || reasons.length > 0) throw new HearthError('CONFIG_INVALID', { reason: `${reasons.join('; ')}.` });
  const values = parsed.data;
  return Object.freeze({
    port: values.PORT,
    consolePort: values.CONSOLE_PORT,
    host: values.HOST,
    functionsUrl: values.FUNCTIONS_URL,
    dataDir: resolve(cwd, values.DATA_DIR),
    adminToken: values.ADMIN_TOKEN,
    logLevel: values.LOG_LEVEL,
    historyLimit: values.HISTORY_LIMIT,
    mongodbUri: values.MONGODB_URI,
    mongodBin: values.MONGOD_BIN,
    app: Object.freeze({
      id: values.APP_ID,
      serverSecret: values.SERVER_SECRET,
      env: Object.freeze(appEnv(env)),
      origins: values.WEBSOCKET_ORIGINS,
      sourceLimit: values.SOURCE_LIMIT_SIZE,
      limits: toLimits(values),
      permissions: values.WORKER_PERMISSIONS,
      stopTimeout: values.STOP_TIMEOUT_MS,
    }),
  });
}

function toLimits(values: z.output<typeof schema>): WorkerLimits {
  return Object.freeze({
    requestBody: values.REQUEST_LIMIT_SIZE,
    bodyDepth: values.REQUEST_DEPTH_LIMIT,
    message: values.WEBSOCKET_MESSAGE_LIMIT,
    queuedMessages: values.WEBSOCKET_QUEUE_LIMIT,
    pingInterval: values.WEBSOCKET_PING_MS,
    bufferedWarning: values.WEBSOCKET_BUFFER_WARNING,
    bufferedMaximum: values.WEBSOCKET_BUFFER_LIMIT,
    upgradeTimeout: values.UPGRADE_TIMEOUT_MS,
    runTimeout: values.RUN_TIMEOUT_MS,
    initTimeout: values.INIT_TIMEOUT_MS,
    logLines: values.LOG_LINES_PER_SECOND,
    cpuTime: values.FUNCTION_CPU_LIMIT_MS,
    stuckTime: values.WORKER_STUCK_MS,
    memory: values.WORKER_MEMORY_LIMIT_MB,
    functionTimeout: values.FUNCTION_TIMEOUT_MS,
    eventTimeout: values.WEBSOCKET_EVENT_TIMEOUT_MS,
    concurrency: values.FUNCTION_CONCURRENCY,
    queuedCalls: values.FUNCTION_QUEUE_LIMIT,
    addressConnections: values.ADDRESS_CONNECTION_LIMIT,
    addressUpgrades: values.ADDRESS_UPGRADE_LIMIT,
    trustedAddresses: values.TRUSTED_ADDRESSES,
    bufferedTotal: values.WEBSOCKET_BUFFER_TOTAL,
    headersTimeout: values.HEADERS_TIMEOUT_MS,
    requestTimeout: values.REQUEST_TIMEOUT_MS,
  });
}

/** Whether a URL names a server and no more. What is no plain host name must not get into a policy that a browser is sent. */
function isOrigin(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, username, password, hostname, pathname } = new URL(url);
  const plain = username === '' && password === '' && pathname === '/' && !/[?#@]/.test(url);
  return plain && /^https?:$/.test(protocol) && /^(?:[\w.-]+|\[[\da-f:.]+\])$/.test(hostname);
}

/** Two sockets may be bound to one port until both listen: only the worker would notice, and too late. */
function samePorts({ PORT, CONSOLE_PORT }: { PORT: number; CONSOLE_PORT: number }): readonly string[] {
  return PORT !== 0 && PORT === CONSOLE_PORT ? ['CONSOLE_PORT must differ from PORT'] : [];
}

/** The values of the host's variables; `NAME_FILE` names a file that holds the value of `NAME`. */
function readValues(env: Readonly<Record<string, string | undefined>>): { values: Record<string, string>; unreadable: readonly string[] } {
  const values: Record<string, string> = {};
  const unreadable: string[] = [];
  for (const name of Object.keys(variables)) {
    const file = env[`${name}_FILE`];
    const value = env[name];
    // An empty variable is what compose files and shells leave of an unset one.
    if (value) values[name] = value;
    else if (file) {
      try {
        values[name] = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
      } catch (error) {
        unreadable.push(`${name}_FILE cannot be read: ${messageOf(error)}`);
      }
    }
  }
  return { values, unreadable };
}

function appEnv(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const own: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    const hosts = reservedVariables.has(name) || reservedVariables.has(name.replace(/_FILE$/, ''));
    if (value !== undefined && !hosts && !/^(?:npm|hearth)_/i.test(name)) own[name] = value;
  }
  return own;
}
