import { type Agent, request as send } from 'node:http';

/** What is asked of a host. */
export interface Ask {
  readonly port: number;
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | number>>;
  readonly body?: string | Buffer;
  /** Absent: a connection of its own. */
  readonly agent?: Agent;
}

/** A whole answer. */
export interface Reply {
  readonly status: number;
  readonly text: string;
  /** The body if it is JSON. Its shape is what a caller asserts. */
  // oxlint-disable-next-line no-explicit-any
  readonly json: any;
}

/** There was no whole answer. */
export class Unanswered extends Error {
  /** Node's code, or `TIMEOUT`. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Milliseconds after which a request counts as lost: longer than any takeover. */
const patience = 25_000;

/** Sends one request, without retries; rejects with {@link Unanswered}. */
export function request({ port, path, method = 'GET', headers = {}, body, agent }: Ask): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const fail = (code: string, message: string): void => {
      clearTimeout(timer);
      reject(new Unanswered(code, message));
      sent.destroy();
    };
    const failed = (error: NodeJS.ErrnoException): void =>
      fail(error.code ?? 'UNKNOWN', `${error.message}${sent.reusedSocket ? ' (kept-alive connection)' : ''}`);
    const sent = send({ host: '127.0.0.1', port, path, method, headers, agent: agent ?? false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', failed);
      response.on('end', () => {
        clearTimeout(timer);
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, text, json: parse(text) });
      });
    });
    const timer = setTimeout(() => fail('TIMEOUT', `no answer within ${patience} ms`), patience);
    sent.on('error', failed);
    sent.end(body);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
