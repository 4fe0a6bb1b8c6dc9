import type { HttpRequest } from './request.ts';
import type { HttpResponse } from './response.ts';

/** Lets pages of any origin call functions with credentials and read the answers, as Laf does. */
export function applyCors(request: HttpRequest, response: HttpResponse): void {
  const { origin } = request.headers;
  if (!origin) return;
  response.setHeader('Access-Control-Allow-Origin', origin);
  response.setHeader('Access-Control-Allow-Credentials', 'true');
  response.setHeader('Access-Control-Expose-Headers', '*');
  response.setHeader('Vary', 'Origin');
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
