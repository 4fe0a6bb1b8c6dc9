import type { RouterContext } from '@koa/router';
import { HearthError } from '../../kernel/errors.ts';
import type { Revision, RevisionSummary } from '../../kernel/functions/revision.ts';
import { readBody } from './request-body.ts';
import { toMethods, toPublished } from './edits.ts';
import { requests } from './requests.ts';
import { type ApiScope, type Route, answer, nameOf, tookSince } from './route.ts';

export function revisionRoutes(scope: ApiScope): readonly Route[] {
  return [
    {
      id: 'listRevisions',
      method: 'GET',
      path: '/v1/functions/{name}/revisions',
      summary: 'Lists the revisions of a function, deleted or not, newest first.',
      answers: { 200: { description: 'The revision history.', schema: 'RevisionList' } },
      errors: ['FUNCTION_NOT_FOUND', 'STORE_UNAVAILABLE'],
      handle: (ctx) => listRevisions(scope, ctx),
    },
    {
      id: 'getRevision',
      method: 'GET',
      path: '/v1/functions/{name}/revisions/{n}',
      summary: 'Returns a revision with its source.',
      answers: { 200: { description: 'The revision.', schema: 'Revision' } },
      errors: ['FUNCTION_NOT_FOUND', 'REVISION_NOT_FOUND', 'STORE_UNAVAILABLE'],
      async handle(ctx) {
        const name = nameOf(ctx);
        const found = await findRevision(scope, name, ctx.params['n'] ?? '');
        const size = Buffer.byteLength(found.source);
        answer(ctx, 'Revision', { ...toSummary(scope, { ...found, size }), source: found.source });
      },
    },
    {
      id: 'rollback',
      method: 'POST',
      path: '/v1/functions/{name}/rollback',
      summary: 'Publishes an earlier revision, with its methods, as a new one; restores a deleted function.',
      body: 'Rollback',
      answers: { 200: { description: 'The earlier revision is live again.', schema: 'Published' } },
      errors: [
        'FUNCTION_NOT_FOUND',
        'REVISION_NOT_FOUND',
        'REVISION_CONFLICT',
        'BUILD_FAILED',
        'LOAD_FAILED',
        'WORKER_UNAVAILABLE',
        'STORE_UNAVAILABLE',
      ],
      handle: (ctx) => rollback(scope, ctx),
    },
  ];
}

async function listRevisions(scope: ApiScope, ctx: RouterContext): Promise<void> {
  const name = nameOf(ctx);
  const history = await scope.services.store.revisions(name);
  if (history.length === 0) throw new HearthError('FUNCTION_NOT_FOUND', { name });
  answer(ctx, 'RevisionList', { revisions: history.map((one) => toSummary(scope, one)) });
}

async function rollback(scope: ApiScope, ctx: RouterContext): Promise<void> {
  const start = performance.now();
  const name = nameOf(ctx);
  const {
    revision,
    note = `rollback to revision ${revision}`,
    onLoadError = 'refuse',
    ...guard
  } = await readBody(ctx, requests.Rollback, scope.limits.body);
  const { source, methods = null } = await findRevision(scope, name, String(revision));
  const [published] = await scope.services.publisher.publish({
    functions: [{ name, source, methods, note, ...guard }],
    deleted: [],
    onLoadError,
  });
  if (!published) throw new Error(`The publisher returned no result for ${name}`);
  answer(ctx, 'Published', { ...toPublished(scope, published), tookMs: tookSince(start) });
}

/** Throws `REVISION_NOT_FOUND`, or `FUNCTION_NOT_FOUND` when there never was such a function. */
async function findRevision(scope: ApiScope, name: string, revision: string): Promise<Revision> {
  const { store } = scope.services;
  const found = /^[1-9]\d{0,14}$/.test(revision) ? await store.revision(name, Number(revision)) : undefined;
  if (found) return found;
  const history = await store.revisions(name);
  if (history.length === 0) throw new HearthError('FUNCTION_NOT_FOUND', { name });
  throw new HearthError('REVISION_NOT_FOUND', { name, revision });
}

function toSummary(scope: ApiScope, one: RevisionSummary) {
  const { name, revision, note, size } = one;
  const live = scope.services.catalog.get(name)?.revision === revision;
  return { revision, note, createdAt: new Date(one.createdAt).toISOString(), methods: toMethods(one.methods), size, live };
}
