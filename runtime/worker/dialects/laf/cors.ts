import type { HttpRequest } from '../../triggers/http/request.ts';
import type { HttpResponse } from '../../triggers/http/response.ts';

/** Headers, each name before its value, that let pages of any origin call functions with credentials and read the responses, as Laf does. */
export function addCors(headers: string[], { headers: { origin } }: HttpRequest): void {
  if (!origin) return;
  headers.push('Access-Control-Allow-Origin', origin, 'Access-Control-Allow-Credentials', 'true');
  headers.push('Access-Control-Expose-Headers', '*', 'Vary', 'Origin');
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
