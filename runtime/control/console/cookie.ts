const prefix = 'hearth_console';

// Browsers send cookies to every port of a host. Few functions are below this path, and there the worker takes the cookie out.
const path = '/_/';

/** What the header may be sent over, and how long a browser keeps the cookie. */
export interface CookieTerms {
  /** Whole seconds. */
  readonly maxAge: number;
  /** Whether the browser speaks TLS. */
  readonly secure: boolean;
  /** The port of the console as the browser has it; undefined when it is its scheme's own. */
  readonly port: string | undefined;
}

/** The `Set-Cookie` header that hands a session's secret to a browser; an empty one with `maxAge` 0 takes it away. */
export function toSetCookie(secret: string, { maxAge, secure, port }: CookieTerms): string {
  return `${nameFor(port)}=${secret}; Path=${path}; Max-Age=${maxAge}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;
}

/** The secrets in a `Cookie` header for the console at `port`: several, when something else on the machine has set that cookie too. */
export function secretsIn(header: string | undefined, port: string | undefined): readonly string[] {
  if (header === undefined) return [];
  const start = `${nameFor(port)}=`;
  const pairs = header.split(';').map((pair) => pair.trim());
  return pairs.filter((pair) => pair.startsWith(start)).map((pair) => pair.slice(start.length));
}

/** The cookie's name. Cookies do not know ports: consoles under one host name would sign each other out by a common one. */
function nameFor(port: string | undefined): string {
  return port === undefined ? prefix : `${prefix}_${port}`;
}
