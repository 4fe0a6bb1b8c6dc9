import type { RouterContext } from '@koa/router';
import { queries, readQuery } from './query-string.ts';
import { type ApiScope, type Route, answer, tookSince } from './route.ts';

export function transferRoutes(scope: ApiScope): readonly Route[] {
  const { transfer } = scope.services;
  return [
    {
      id: 'exportApp',
      method: 'GET',
      path: '/v1/export',
      summary:
        'Exports the whole app: all functions, including deleted ones, with their revision histories. A truncated document is not a valid export.',
      query: 'Export',
      answers: { 200: { description: 'The app.', schema: 'AppExport' } },
      errors: ['STORE_UNAVAILABLE'],
      async handle(ctx) {
        const { secret = 'false' } = readQuery(ctx, queries.Export);
        const body = await transfer.export(secret === 'true');
        ctx.type = 'application/json';
        ctx.set('Content-Disposition', 'attachment; filename="hearth-app.json"');
        ctx.body = body;
      },
    },
    {
      id: 'importApp',
      method: 'POST',
      path: '/v1/import',
      summary: 'Imports an exported app, plain or gzipped, all or nothing. Its live revisions are live when this call answers.',
      query: 'Import',
      takes: 'AppExport',
      answers: { 200: { description: 'The app was imported.', schema: 'Imported' } },
      errors: [
        'IMPORT_INVALID',
        'BODY_TOO_LARGE',
        'IMPORT_CONFLICT',
        'IMPORT_TOO_LARGE',
        'REVISION_CONFLICT',
        'SOURCE_TOO_LARGE',
        'LOAD_FAILED',
        'WORKER_UNAVAILABLE',
        'STORE_UNAVAILABLE',
      ],
      handle: (ctx) => importApp(scope, ctx),
    },
  ];
}

async function importApp({ services, limits }: ApiScope, ctx: RouterContext): Promise<void> {
  const start = performance.now();
  const { mode = 'refuse', secret = 'false' } = readQuery(ctx, queries.Import);
  try {
    const report = await services.transfer.import(ctx.req, limits.import, { mode, secret: secret === 'true' });
    answer(ctx, 'Imported', { ...report, tookMs: tookSince(start) });
  } finally {
    // What is left is discarded as it comes, so that the client can read the answer instead of a reset.
    ctx.req.resume();
  }
}
