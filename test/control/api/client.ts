import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';

export const token = 'the-admin-token';

/** An answer as it came. */
export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The JSON of the body; undefined when it has none. */
  readonly body: unknown;
}

/** What a request may say besides its method and path. */
export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is, in place of a JSON body. */
  readonly raw?: string | Buffer;
  /** Sends the body without its length. */
  readonly chunked?: boolean;
  /** null sends none. */
  readonly token?: string | null;
}

/** A request that is to be sent. */
export interface Call extends CallOptions {
  readonly port: number;
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

/** Sends a request; resolves with its whole answer. */
export async function send(call: Call): Promise<Reply> {
  const response = await open(call);
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(Buffer.from(chunk));
  const text = Buffer.concat(chunks).toString();
  const isJson = response.headers['content-type']?.startsWith('application/json') === true && text !== '';
  return { status: response.statusCode ?? 0, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined };
}

/** Sends a request; resolves when the headers of its answer have come. */
export function open(call: Call): Promise<IncomingMessage> {
  const { port, method, path } = call;
  const bearer = call.token === undefined ? token : call.token;
  const content = call.raw ?? (call.body === undefined ? undefined : JSON.stringify(call.body));
  const headers = {
    ...(bearer !== null && { authorization: `Bearer ${bearer}` }),
    ...(content !== undefined && { 'content-type': 'application/json' }),
    ...(content !== undefined &&
      (call.chunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(Buffer.byteLength(content)) })),
    ...call.headers,
  };
  const outgoing = request({ host: '127.0.0.1', port, method, path, agent: false, headers });
  return new Promise((resolve, reject) => {
    outgoing.once('response', resolve).once('error', reject);
    outgoing.end(content);
  });
}
