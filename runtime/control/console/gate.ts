import type { IncomingMessage, ServerResponse } from 'node:http';
import { HearthError } from '../../kernel/errors.ts';
import { secretsIn, toSetCookie } from './cookie.ts';
import { checkOrigin, portOf } from './origin.ts';
import type { Peer } from './peer.ts';
import { sessionLifetime, type Sessions } from './sessions.ts';

/** Decides who gets an answer below `/_/`. */
export class Gate {
  readonly sessions: Sessions;
  readonly #peerOf: (request: IncomingMessage) => Peer;

  constructor(sessions: Sessions, peerOf: (request: IncomingMessage) => Peer) {
    this.sessions = sessions;
    this.#peerOf = peerOf;
  }

  peerOf(request: IncomingMessage): Peer {
    return this.#peerOf(request);
  }

  /** Throws `ORIGIN_REFUSED` unless the request can be of the console's own page. */
  checkOrigin(request: IncomingMessage): void {
    checkOrigin(request, this.#peerOf(request));
  }

  /** The secret of the request's session, which has not ended; throws `UNAUTHORIZED`. */
  authorize(request: IncomingMessage): string {
    const secret = secretsIn(request.headers.cookie, portOf(request)).find((each) => this.sessions.find(each) !== undefined);
    if (secret === undefined) throw new HearthError('UNAUTHORIZED');
    return secret;
  }

  /** Has the session last on, and the browser's cookie with it, when it is time. */
  renew(secret: string, request: IncomingMessage, response: ServerResponse): void {
    if (this.sessions.renew(secret)) this.giveCookie(secret, request, response);
  }

  /** Hands the session to the browser; an empty secret takes it away. */
  giveCookie(secret: string, request: IncomingMessage, response: ServerResponse): void {
    const maxAge = secret === '' ? 0 : sessionLifetime / 1000;
    response.setHeader('Set-Cookie', toSetCookie(secret, { maxAge, secure: this.#peerOf(request).secure, port: portOf(request) }));
  }
}
