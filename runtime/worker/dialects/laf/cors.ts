import type { HttpRequest } from '../../triggers/http/request.ts';
import type { HttpResponse } from '../../triggers/http/response.ts';

const exposing = 'Access-Control-Expose-Headers';
// What every response has that a page may not read unasked.
const exposed = 'request-id';

// Those that pages may always read (https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name), those that
// they never may, and those that speak to the browser or to the next hop alone.
const notExposed =
  /^(?:cache-control|content-language|content-length|content-type|expires|last-modified|pragma|set-cookie2?|access-control-.*|vary|connection|keep-alive|transfer-encoding|trailer|upgrade)$/;

/**
 * Adds headers, each name before its value, that let pages of any origin call functions with credentials and read
 * the responses, as Laf does. With credentials `*` would expose a header of that name, so all are named.
 */
export function addCors(headers: string[], { headers: { origin } }: HttpRequest, response: HttpResponse): void {
  if (!origin) return;
  headers.push('Access-Control-Allow-Origin', origin, 'Access-Control-Allow-Credentials', 'true');
  headers.push(exposing, exposed, 'Vary', 'Origin');
  response.completeHead = exposeHeaders;
}

/** Names the headers that the function has set, unless it says itself which pages may read. */
function exposeHeaders(this: HttpResponse, given: readonly string[]): void {
  if (this.getHeader(exposing) !== exposed) return;
  const names = new Set([...this.getHeaderNames(), ...given.map((name) => name.toLowerCase())]);
  this.setHeader(exposing, [...names].filter((name) => !notExposed.test(name)).join(', '));
}

/** Answers OPTIONS. Functions never see it, as in Laf. */
export function answerPreflight(request: HttpRequest, response: HttpResponse): void {
  response.statusCode = 204;
  response.setHeader('Access-Control-Allow-Methods', 'GET,HEAD,PUT,PATCH,POST,DELETE');
  response.setHeader('Access-Control-Max-Age', '86400');
  const asked = request.headers['access-control-request-headers'];
  if (asked) {
    response.setHeader('Access-Control-Allow-Headers', asked);
    response.vary('Access-Control-Request-Headers');
  }
  response.end();
}
