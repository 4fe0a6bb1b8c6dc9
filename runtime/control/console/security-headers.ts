import type { IncomingMessage, ServerResponse } from 'node:http';
import { hostnameOf } from './origin.ts';

export interface FunctionsPlace {
  readonly functionsPort: number;
  /** The origin, when it is not the page's own host name with `functionsPort`. */
  readonly functionsUrl: string | undefined;
}

/** Sets what keeps the console's page from running or asking for anything but its own and the functions'. */
export function setSecurityHeaders(request: IncomingMessage, response: ServerResponse, functions: FunctionsPlace): void {
  response.setHeader('Content-Security-Policy', policy(sourcesOf(functions, hostnameOf(request))));
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
  response.setHeader('Permissions-Policy', 'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()');
}

/** The origins of functions, for HTTP and for WebSockets. */
function sourcesOf({ functionsPort, functionsUrl }: FunctionsPlace, hostname: string | undefined): readonly string[] {
  if (functionsUrl !== undefined) {
    const url = functionsUrl.replace(/\[.*\]/, '*');
    return [url, url.replace('http', 'ws')];
  }
  if (hostname === undefined) return [];
  // The source of a policy cannot be an address of IPv6.
  const host = hostname.startsWith('[') ? '*' : hostname;
  return ['http', 'https', 'ws', 'wss'].map((scheme) => `${scheme}://${host}:${functionsPort}`);
}

function policy(functions: readonly string[]): string {
  return [
    "default-src 'self'",
    "script-src 'self'",
    // The editor sets styles of its own.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "worker-src 'self' blob:",
    ["connect-src 'self'", ...functions].join(' '),
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "object-src 'none'",
  ].join('; ');
}
