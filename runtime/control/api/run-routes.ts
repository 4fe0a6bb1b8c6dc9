import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { RouterContext } from '@koa/router';
import { HearthError } from '../../kernel/errors.ts';
import type { RunRequest } from '../app/publishing/draft-run.ts';
import { invalid, readBody } from './request-body.ts';
import { checkSource } from './edits.ts';
import { type RunBody, requests } from './requests.ts';
import { type ApiScope, type Route, answer, nameOf } from './route.ts';

export function runRoutes(scope: ApiScope): readonly Route[] {
  return [
    {
      id: 'runFunction',
      method: 'POST',
      path: '/v1/functions/{name}/run',
      summary:
        'Runs a draft without publishing it, or the live function. If the run ends the worker, the call answers LOAD_FAILED; ' +
        'if the client disconnects, the run is aborted.',
      body: 'Run',
      answers: { 200: { description: 'The response of the function, whatever its status.', schema: 'RunResult' } },
      errors: ['FUNCTION_NOT_FOUND', 'SOURCE_TOO_LARGE', 'BUILD_FAILED', 'LOAD_FAILED', 'WORKER_UNAVAILABLE', 'RUN_TIMED_OUT'],
      handle: (ctx) => run(scope, ctx),
    },
  ];
}

async function run(scope: ApiScope, ctx: RouterContext): Promise<void> {
  const { catalog, runner, sourceLimit } = scope.services;
  const name = nameOf(ctx);
  const { source, request = {} } = await readBody(ctx, requests.Run, scope.limits.body);
  if (source === undefined && !catalog.get(name)) throw new HearthError('FUNCTION_NOT_FOUND', { name });
  if (source !== undefined) checkSource(name, source, sourceLimit);
  const asked = { name, ...(source !== undefined && { source }), request: toRequest(request) };
  const gone = abortedWith(ctx);
  try {
    answer(ctx, 'RunResult', await runner.run(asked, gone));
  } catch (error) {
    // There is nobody to answer.
    if (!gone.aborted) throw error;
  }
}

/** Aborts when the client goes away: nobody waits for the run any more. */
function abortedWith({ res }: RouterContext): AbortSignal {
  const controller = new AbortController();
  if (res.destroyed) controller.abort();
  else res.once('close', () => controller.abort());
  return controller.signal;
}

function toRequest(given: RunBody): RunRequest['request'] {
  const headers = toHeaders(given.headers ?? {});
  const hasBody = given.body !== undefined && given.body !== null;
  if (hasBody && typeof given.body !== 'string') headers['content-type'] ??= 'application/json';
  return {
    method: given.method ?? (hasBody ? 'POST' : 'GET'),
    query: toQuery(given.query ?? ''),
    headers,
    body: hasBody ? toText(given.body) : '',
    bodyEncoding: given.bodyEncoding ?? 'utf8',
  };
}

/** Headers as Node gives them to a handler: with names in lower case. */
function toHeaders(given: Readonly<Record<string, string>>): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch {
      throw invalid(`request.headers: "${name.slice(0, 100)}" is not a valid header.`);
    }
    headers[name.toLowerCase()] = value;
  }
  return headers;
}

function toQuery(given: NonNullable<RunBody['query']>): string {
  if (typeof given === 'string') return given.startsWith('?') ? given.slice(1) : given;
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(given)) {
    for (const one of Array.isArray(value) ? value : [value]) query.append(name, String(one));
  }
  return query.toString();
}

function toText(body: unknown): string {
  if (typeof body === 'string') return body;
  try {
    return JSON.stringify(body);
  } catch {
    // JSON.parse() takes any depth; stringify() recurses.
    throw invalid('request.body is nested too deeply.');
  }
}
