import type { AnswerBody, AnswerName } from '../../runtime/control/api/responses.ts';

/** A place in a source that a build, a load or a check found fault with. */
export type Diagnostic = AnswerBody<'Diagnostic'>;

interface ErrorDetails {
  readonly code: string;
  readonly message: string;
  readonly diagnostics?: readonly Diagnostic[];
  readonly [detail: string]: unknown;
}

/** What the host answered in place of what was asked for, or that it could not be reached. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** 0 when there was no answer. */
  readonly status: number;
  readonly code: string;
  readonly diagnostics: readonly Diagnostic[];
  /** All that the error says of itself: `current` and `expected` of a conflict, for one. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(status: number, details: ErrorDetails) {
    super(details.message);
    this.status = status;
    this.code = details.code;
    this.diagnostics = details.diagnostics ?? [];
    this.details = details;
  }
}

/** How a call is made. */
export interface CallOptions {
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

let signedOut: () => void = () => {};

/** Has `listener` told whenever the host says that nobody is signed in. */
export function onSignedOut(listener: () => void): void {
  signedOut = listener;
}

/** Calls the API and answers its body; the name only says which schema that has. Rejects with an `ApiError`. */
export function call<N extends AnswerName>(
  _name: N,
  path: string,
  options: CallOptions & { method?: string } = {},
): Promise<AnswerBody<N>> {
  return ask(path, options);
}

/** Calls the host and answers its body, whose shape is the host's word: it and the page are of one build. Rejects with an `ApiError`. */
export async function ask<Body>(path: string, options: CallOptions & { method?: string } = {}): Promise<Body> {
  const response = await send(path, options);
  return response.json();
}

/** Calls the API where only success matters. Rejects with an `ApiError`. */
export async function command(method: string, path: string, options: CallOptions = {}): Promise<void> {
  await send(path, { ...options, method });
}

/** Where a call lies for the browser: below the path that its cookie is sent to. */
export function apiPath(path: string): string {
  return `/_/api${path}`;
}

/** A function's own path in the API. */
export function functionPath(name: string, rest = ''): string {
  return `/v1/functions/${encodeURIComponent(name)}${rest}`;
}

async function send(path: string, { body, signal, method = 'GET' }: CallOptions & { method?: string }): Promise<Response> {
  const request: RequestInit = { method, credentials: 'same-origin', signal: signal ?? null };
  if (body !== undefined) {
    request.body = JSON.stringify(body);
    request.headers = { 'content-type': 'application/json' };
  }
  const response = await reach(path.startsWith('/_/') ? path : apiPath(path), request);
  if (response.ok) return response;
  const error = await toError(response);
  if (error.code === 'UNAUTHORIZED' && !path.startsWith('/_/session')) signedOut();
  throw error;
}

async function reach(path: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(path, request);
  } catch (error) {
    if (request.signal?.aborted) throw error;
    throw new ApiError(0, {
      code: 'HOST_UNREACHABLE',
      message: 'The host is not responding. It may be restarting; try again in a moment.',
    });
  }
}

async function toError(response: Response): Promise<ApiError> {
  const fallback = { code: `HTTP_${response.status}`, message: `The host answered ${response.status} ${response.statusText}.` };
  const body: { error?: ErrorDetails } = await response.json().catch(() => ({}));
  return new ApiError(response.status, body.error ?? fallback);
}
