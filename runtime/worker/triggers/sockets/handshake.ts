import type { IncomingMessage } from 'node:http';
import { type Refusal, toRefusal } from './upgrade-refusal.ts';

// RFC 6455, 4.1: the key is 16 bytes in base64.
const keyShape = /^[+/0-9A-Za-z]{22}==$/;
// RFC 9110, 5.6.2: a token, which is what a subprotocol's name is.
const tokenShape = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Why the request is not a WebSocket handshake; undefined when it is one. */
export function checkHandshake(request: IncomingMessage): Refusal | undefined {
  const { method, headers } = request;
  if (method !== 'GET' || headers.upgrade?.toLowerCase() !== 'websocket') return toRefusal('UPGRADE_INVALID');
  if (headers['sec-websocket-version'] !== '13') {
    // RFC 6455, 4.4: the refusal of another version names the supported one.
    return { ...toRefusal('UPGRADE_INVALID', 426), headers: { Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' } };
  }
  if (!keyShape.test(headers['sec-websocket-key'] ?? '')) return toRefusal('UPGRADE_INVALID');
  const protocols = offeredProtocols(request);
  const sound = protocols.every((name) => tokenShape.test(name)) && new Set(protocols).size === protocols.length;
  return sound ? undefined : toRefusal('UPGRADE_INVALID');
}

/** Why the request's origin may not open a socket. Only browsers send an origin. */
export function checkOrigin(request: IncomingMessage, allowed: readonly string[] | undefined): Refusal | undefined {
  const { origin } = request.headers;
  if (allowed === undefined || origin === undefined || allowed.includes(origin)) return undefined;
  return toRefusal('UPGRADE_ORIGIN');
}

export function offeredProtocols(request: IncomingMessage): readonly string[] {
  const header = request.headers['sec-websocket-protocol'];
  return header === undefined ? [] : header.split(',').map((name) => name.trim());
}
