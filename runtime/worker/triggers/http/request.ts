import { IncomingMessage, type ServerResponse } from 'node:http';
import express from 'express';
import type { FunctionFile, FunctionRequest } from '../../../../sdk/context.ts';
import { adoptMembers } from './express.ts';

/** Node's request with the members of Express 4, which are Express's own; see `adoptMembers()`. */
export class HttpRequest extends IncomingMessage implements FunctionRequest {
  declare readonly method: string;
  declare readonly url: string;
  declare readonly path: string;
  declare readonly hostname: string;
  declare readonly protocol: string;
  declare readonly secure: boolean;
  declare readonly ip: string | undefined;
  declare readonly ips: string[];
  declare readonly subdomains: string[];
  declare readonly xhr: boolean;
  declare readonly fresh: boolean;
  declare readonly stale: boolean;
  declare get: (name: string) => string | undefined;
  declare header: (name: string) => string | undefined;
  declare accepts: (...types: string[]) => string | string[] | false;
  declare acceptsCharsets: (...charsets: string[]) => string | string[] | false;
  declare acceptsEncodings: (...encodings: string[]) => string | string[] | false;
  declare acceptsLanguages: (...languages: string[]) => string | string[] | false;
  declare is: (...types: string[]) => string | false | null;

  /** Set by the request handler before the function runs. */
  declare params: Record<string, string>;
  declare query: Record<string, unknown>;
  declare body: unknown;
  declare rawBody?: Buffer;
  declare files?: FunctionFile[];
  declare res: ServerResponse;

  /** Declared only: Node's constructor sets `upgrade` before a field of this class would be there. */
  declare private offersUpgrade: boolean | null;

  /**
   * Whether Node hands the connection over instead of answering: only for WebSockets. curl and Java
   * offer `Upgrade: h2c` with ordinary requests, which a server may pass over (RFC 9110, 7.8).
   */
  get upgrade(): boolean {
    return this.offersUpgrade === true && this.headers.upgrade?.toLowerCase() === 'websocket';
  }

  set upgrade(upgrade: boolean | null) {
    this.offersUpgrade = upgrade;
  }

  /** Nothing is mounted until a router says otherwise, so this is `url`. */
  get originalUrl(): string {
    return this.url;
  }

  get baseUrl(): string {
    return '';
  }

  /** Where Express's members take a failure when they have no callback: `sendFile()` and `format()` do. */
  get next(): (error?: unknown) => void {
    const { res } = this;
    return (error: unknown = new NothingNext()) => {
      res.emit('error', error);
    };
  }
}

class NothingNext extends Error {
  override readonly message = 'The response was passed on with next(), but no handler follows a function.';
  readonly status = 404;
}

adoptMembers(HttpRequest.prototype, express.request);
