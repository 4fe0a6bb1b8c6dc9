/** A JSON-RPC message: a request has an id and a method, a notification a method, a response an id. */
export interface Message {
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: unknown;
}

/** The value as a message; undefined when it is none. */
export function toMessage(value: unknown): Message | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { id, method, params, result, error }: { [K in keyof Message]?: unknown } = value;
  if (method !== undefined && typeof method !== 'string') return undefined;
  const named = typeof id === 'string' || typeof id === 'number';
  if (!named && method === undefined) return undefined;
  return {
    ...(named && { id }),
    ...(method !== undefined && { method }),
    ...(params !== undefined && { params }),
    ...(result !== undefined && { result }),
    ...(error !== undefined && { error }),
  };
}

// What an editor asks. Commands and custom requests of TypeScript's server are nobody's business.
const allowed = new Set([
  'initialize',
  'initialized',
  'shutdown',
  'exit',
  'completionItem/resolve',
  'codeAction/resolve',
  'codeLens/resolve',
  'inlayHint/resolve',
  'documentLink/resolve',
  'workspaceSymbol/resolve',
  'workspace/symbol',
  'workspace/diagnostic',
  'workspace/didChangeConfiguration',
  'callHierarchy/incomingCalls',
  'callHierarchy/outgoingCalls',
  'typeHierarchy/supertypes',
  'typeHierarchy/subtypes',
]);

/** Whether a browser may send this method. Files that change are told by the host alone. */
export function isAllowed(method: string): boolean {
  return allowed.has(method) || /^(?:textDocument\/|\$\/)\w+(?:\/\w+)*$/.test(method);
}

/** An error response, as JSON-RPC writes it: -32601 for an unknown method, -32602 for wrong parameters. */
export function refusal(id: string | number, code: -32601 | -32602, message: string): object {
  return { jsonrpc: '2.0', id, error: { code, message } };
}

/**
 * The parameters of `initialize` for a server in the folder `root`: browsers know no process and no
 * folder, and the host tells which files change.
 */
export function toInitialize(params: unknown, root: string): object {
  const given = toRecord(params);
  const capabilities = toRecord(given['capabilities']);
  const workspace = toRecord(capabilities['workspace']);
  return {
    processId: process.pid,
    clientInfo: given['clientInfo'],
    locale: given['locale'],
    rootUri: root,
    workspaceFolders: [{ uri: root, name: 'app' }],
    capabilities: {
      ...capabilities,
      workspace: {
        ...workspace,
        configuration: true,
        didChangeWatchedFiles: { dynamicRegistration: true, relativePatternSupport: true },
        diagnostics: { refreshSupport: true },
      },
    },
  };
}

/** The host's own response to a request of the language server; undefined: the browser responds. */
export function answerOf({ id, method, params }: Message): object | undefined {
  // What it registers for, files that change, it is told anyway.
  if (method === 'client/registerCapability' || method === 'client/unregisterCapability') return { jsonrpc: '2.0', id, result: null };
  if (method !== 'workspace/configuration') return undefined;
  const items = toRecord(params)['items'];
  return { jsonrpc: '2.0', id, result: Array.isArray(items) ? items.map(() => ({ preferences })) : [] };
}

// As functions are mostly written: `@/name` reads the same in every folder.
const preferences = { importModuleSpecifier: 'non-relative', quoteStyle: 'single' };

/** Whether the browser gets it: the server's log has paths of this machine and would be most of all bytes. */
export function isForBrowsers(method: string): boolean {
  return method !== 'window/logMessage' && method !== 'telemetry/event' && method !== '$/logTrace';
}

/** The value as an object; an empty one when it is none. */
export function toRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value)) : {};
}
