import type { RouterContext } from '@koa/router';
import { HearthError } from '../../kernel/errors.ts';
import type { Revision } from '../../kernel/functions/revision.ts';
import type { QuarantinedFunction } from '../app/workers/quarantine.ts';
import type { AnswerBody } from './responses.ts';
import { readBody } from './request-body.ts';
import { checkSource, toMethods, toPublished, urlOf } from './edits.ts';
import { createImportLists, type ImportLists } from './function-imports.ts';
import { requests } from './requests.ts';
import { type ApiScope, type Route, answer, nameOf, tookSince } from './route.ts';

export function functionRoutes(scope: ApiScope): readonly Route[] {
  const { catalog, publisher } = scope.services;
  const imports = createImportLists(catalog);
  return [
    {
      id: 'listFunctions',
      method: 'GET',
      path: '/v1/functions',
      summary: 'Lists the live functions, sorted by name.',
      answers: { 200: { description: 'The functions.', schema: 'FunctionList' } },
      handle: (ctx) => answer(ctx, 'FunctionList', { functions: catalog.list().map(toSummaries(scope, imports)) }),
    },
    {
      id: 'getFunction',
      method: 'GET',
      path: '/v1/functions/{name}',
      summary: 'Returns a live function with its source.',
      answers: { 200: { description: 'The function.', schema: 'Function' } },
      errors: ['FUNCTION_NOT_FOUND', 'STORE_UNAVAILABLE'],
      handle(ctx) {
        const name = nameOf(ctx);
        const live = catalog.get(name);
        if (!live) throw new HearthError('FUNCTION_NOT_FOUND', { name });
        answer(ctx, 'Function', { ...toSummaries(scope, imports)(live), source: live.source });
      },
    },
    {
      id: 'putFunction',
      method: 'PUT',
      path: '/v1/functions/{name}',
      summary: 'Publishes a function. It is live when this call answers.',
      body: 'FunctionEdit',
      answers: {
        200: { description: 'The function was changed and is live.', schema: 'Published' },
        201: { description: 'The function is new and live.', schema: 'Published' },
      },
      errors: ['REVISION_CONFLICT', 'SOURCE_TOO_LARGE', 'BUILD_FAILED', 'LOAD_FAILED', 'WORKER_UNAVAILABLE', 'STORE_UNAVAILABLE'],
      handle: (ctx) => putFunction(scope, ctx),
    },
    {
      id: 'deleteFunction',
      method: 'DELETE',
      path: '/v1/functions/{name}',
      summary: 'Deletes a function. Its revision history is kept, and a rollback restores it.',
      answers: { 204: { description: 'Deleted.' } },
      errors: ['FUNCTION_NOT_FOUND', 'WORKER_UNAVAILABLE', 'STORE_UNAVAILABLE'],
      async handle(ctx) {
        await publisher.publish({ functions: [], deleted: [nameOf(ctx)] });
        ctx.status = 204;
      },
    },
  ];
}

async function putFunction(scope: ApiScope, ctx: RouterContext): Promise<void> {
  const start = performance.now();
  const { publisher, sourceLimit } = scope.services;
  const name = nameOf(ctx);
  const { onLoadError = 'refuse', ...edit } = await readBody(ctx, requests.FunctionEdit, scope.limits.body);
  checkSource(name, edit.source, sourceLimit);
  const [published] = await publisher.publish({ functions: [{ name, ...edit }], deleted: [], onLoadError });
  if (!published) throw new Error(`The publisher returned no result for ${name}`);
  ctx.status = published.created ? 201 : 200;
  answer(ctx, 'Published', { ...toPublished(scope, published), tookMs: tookSince(start) });
}

/** Makes summaries of live functions, as things stand at this moment. */
function toSummaries(scope: ApiScope, imports: ImportLists): (live: Revision) => AnswerBody<'FunctionSummary'> {
  const off = new Map(scope.services.supervisor.status().quarantined.map((one) => [one.name, one]));
  return (live) => {
    const { name, revision, note } = live;
    const quarantined = off.get(name);
    const loadError = scope.services.loads.errorOf(live);
    return {
      name,
      revision,
      methods: toMethods(live.methods),
      note,
      createdAt: new Date(live.createdAt).toISOString(),
      size: Buffer.byteLength(live.source),
      url: urlOf(scope, name),
      imports: imports.of(live),
      ...(loadError && { loadError }),
      // Another revision was published since: that one is on.
      ...(quarantined?.revision === revision && { quarantine: toQuarantine(quarantined) }),
    };
  };
}

function toQuarantine({ reason, since, crash, previous }: QuarantinedFunction) {
  return { reason, since, crash, previous };
}
