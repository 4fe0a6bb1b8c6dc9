import type { IncomingMessage } from 'node:http';
import { isPrivate } from '../api/auth.ts';
import type { FileListener } from './static-files.ts';
import { setSecurityHeaders } from './security-headers.ts';
import { type ConsoleParts, createRoutes } from './console-routes.ts';
import type { Listeners } from './console-server.ts';
import { createUpgrades } from './upgrades.ts';

export interface Console extends Listeners {
  /** Closes the sockets and keeps the sessions; resolves when both is done. */
  close(): Promise<void>;
}

/** Puts the API, the console's own calls and the web app on one port. */
export function createConsole(parts: ConsoleParts, files: FileListener): Console {
  const callApi = parts.api.callback();
  const callOwn = createRoutes(parts);
  const upgrades = createUpgrades(parts.gate, parts.language);
  return {
    request(request, response) {
      const [path = ''] = (request.url ?? '').split('?', 1);
      if (isOfApi(path)) return callApi(request, response);
      setSecurityHeaders(request, response, parts);
      if (path.startsWith('/_/')) return callOwn(request, response);
      if (path === '/' && !asksForPage(request)) return callApi(request, response);
      files(request, response, () => callApi(request, response));
    },
    upgrade: upgrades.handle,
    async close() {
      await upgrades.close();
      await parts.gate.sessions.close();
    },
  };
}

/** Whether a path is the API's; it also answers for URLs that are not a path. */
function isOfApi(path: string): boolean {
  return !path.startsWith('/') || isPrivate(path) || path === '/_/healthz' || path === '/_/readyz';
}

/** Programs that ask for `/` get the API's own index, as ever. */
function asksForPage({ headers }: IncomingMessage): boolean {
  return headers.accept?.includes('text/html') === true;
}
