import type { RequestListener, ServerResponse } from 'node:http';
import Koa from 'koa';
import { z } from 'zod';
import { HearthError } from '../../kernel/errors.ts';
import type { Api } from '../api/api.ts';
import { readBody } from '../api/request-body.ts';
import { answerErrors, logKoaErrors } from '../api/error-reply.ts';
import type { ControlServices } from '../api/services.ts';
import { SignInAttempts } from './sign-in-attempts.ts';
import type { SignInCode } from './sign-in-code.ts';
import type { Gate } from './gate.ts';
import type { FunctionsPlace } from './security-headers.ts';
import type { LanguageService } from './language-socket.ts';

export interface ConsoleParts extends FunctionsPlace {
  readonly services: Pick<ControlServices, 'version' | 'logs' | 'isAdmin'>;
  readonly api: Pick<Api, 'callback' | 'admitted'>;
  readonly gate: Gate;
  readonly code: SignInCode;
  readonly language: LanguageService | undefined;
}

const bodyLimit = 4096;

const signIn = z.union([z.strictObject({ token: z.string().max(1024) }), z.strictObject({ code: z.string().max(1024) })]);

/** Answers what the console's page asks for below `/_/`. */
export function createRoutes(parts: ConsoleParts): RequestListener {
  const { services, gate } = parts;
  const attempts = new SignInAttempts();
  const app = new Koa();
  logKoaErrors(app, services.logs);
  app.use(answerErrors(services.logs));
  app.use(async (ctx) => {
    gate.checkOrigin(ctx.req);
    const [path = ''] = ctx.url.split('?', 1);
    const call = `${ctx.method} ${path}`;
    if (call === 'POST /_/session') return open(ctx, parts, attempts);
    const secret = gate.authorize(ctx.req);
    gate.renew(secret, ctx.req, ctx.res);
    if (path.startsWith('/_/api/v1/')) return passOn(ctx, parts, secret);
    if (call === 'GET /_/session') ctx.body = describe(parts, secret);
    else if (call === 'DELETE /_/session') await close(ctx, gate, secret);
    else if (call === 'GET /_/source' && parts.language) await readSource(ctx, parts.language);
    else throw new HearthError('ROUTE_NOT_FOUND', { method: ctx.method, path });
  });
  const listener = app.callback();
  return (request, response) => void listener(request, response);
}

async function open(ctx: Koa.Context, { services, gate, code }: ConsoleParts, attempts: SignInAttempts): Promise<void> {
  const given = await readBody(ctx, signIn, bodyLimit);
  const { address } = gate.peerOf(ctx.req);
  if ('token' in given) {
    const wait = attempts.wait(address);
    if (wait > 0) {
      const seconds = Math.ceil(wait / 1000);
      ctx.set('Retry-After', String(seconds));
      throw new HearthError('TOO_MANY_ATTEMPTS', { seconds });
    }
  }
  // A code cannot be guessed, so failed attempts of others do not hold it back.
  const right = 'token' in given ? services.isAdmin(given.token) : code.take(given.code);
  if (!right) {
    attempts.fail(address);
    throw new HearthError('UNAUTHORIZED');
  }
  gate.giveCookie(await gate.sessions.create(), ctx.req, ctx.res);
  ctx.status = 204;
}

async function close(ctx: Koa.Context, gate: Gate, secret: string): Promise<void> {
  await gate.sessions.revoke(secret);
  gate.giveCookie('', ctx.req, ctx.res);
  ctx.status = 204;
}

function describe({ services, gate, functionsPort, functionsUrl }: ConsoleParts, secret: string): object {
  return { version: services.version, functionsUrl: functionsUrl ?? null, functionsPort, expiresAt: gate.sessions.find(secret)?.expiresAt };
}

async function readSource(ctx: Koa.Context, language: LanguageService): Promise<void> {
  const uri = new URLSearchParams(ctx.querystring).get('uri') ?? '';
  const text = await language.readSource(uri);
  if (text === undefined) throw new HearthError('SOURCE_NOT_FOUND', { uri });
  ctx.type = 'text/plain; charset=utf-8';
  ctx.body = text;
}

/** Lets the API answer as if the token had come. */
function passOn(ctx: Koa.Context, { api, gate }: ConsoleParts, secret: string): void {
  const { req, res } = ctx;
  ctx.respond = false;
  req.url = ctx.url.slice('/_/api'.length);
  res.once(
    'close',
    gate.sessions.onEnd(secret, () => endStream(res)),
  );
  api.admitted(req, res);
}

/** What goes on after an answer's begin must not outlive the session; a call under way may finish. */
function endStream(response: ServerResponse): void {
  if (String(response.getHeader('Content-Type')).startsWith('text/event-stream')) response.destroy();
}
