import type Koa from 'koa';
import { HearthError } from '../../kernel/errors.ts';
import type { ControlServices } from './services.ts';

/** Whether a path is answered to the admin only, be there such a call or not. */
export function isPrivate(path: string): boolean {
  return path === '/v1' || path.startsWith('/v1/') || path === '/metrics' || path.startsWith('/metrics/');
}

/** Throws `UNAUTHORIZED` unless the request carries the admin's token; nothing else of the request is looked at. */
export function authorize(ctx: Koa.Context, services: Pick<ControlServices, 'isAdmin'>): void {
  const token = bearerToken(ctx.get('Authorization'));
  if (token !== undefined && services.isAdmin(token)) return;
  ctx.set('WWW-Authenticate', 'Bearer');
  throw new HearthError('UNAUTHORIZED');
}

/** The token of an `Authorization` header; the scheme's case does not matter (RFC 9110, 11.1). */
function bearerToken(header: string): string | undefined {
  const scheme = header.slice(0, 7).toLowerCase();
  if (scheme !== 'bearer ') return undefined;
  return header.slice(7).trim() || undefined;
}
