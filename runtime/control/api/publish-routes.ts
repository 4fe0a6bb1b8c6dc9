import type { RouterContext } from '@koa/router';
import { checkFunctionName } from '../../kernel/functions/name.ts';
import { invalid, readBody } from './request-body.ts';
import { checkSource, toPublished } from './edits.ts';
import { requests } from './requests.ts';
import { type ApiScope, type Route, answer, tookSince } from './route.ts';

export function publishRoutes(scope: ApiScope): readonly Route[] {
  return [
    {
      id: 'publish',
      method: 'POST',
      path: '/v1/publish',
      summary: 'Publishes and deletes several functions together, all or nothing.',
      body: 'Change',
      answers: { 200: { description: 'All changes are live.', schema: 'PublishedChange' } },
      errors: [
        'STORE_UNAVAILABLE',
        'INVALID_NAME',
        'FUNCTION_NOT_FOUND',
        'REVISION_CONFLICT',
        'SOURCE_TOO_LARGE',
        'BUILD_FAILED',
        'LOAD_FAILED',
        'WORKER_UNAVAILABLE',
      ],
      handle: (ctx) => publish(scope, ctx),
    },
  ];
}

async function publish(scope: ApiScope, ctx: RouterContext): Promise<void> {
  const start = performance.now();
  const { publisher, sourceLimit } = scope.services;
  const { functions = [], deleted = [], note, ...options } = await readBody(ctx, requests.Change, scope.limits.body);
  checkNames([...functions.map((edit) => edit.name), ...deleted]);
  for (const edit of functions) checkSource(edit.name, edit.source, sourceLimit);
  const edits = note === undefined ? functions : functions.map((edit) => ({ note, ...edit }));
  const published = await publisher.publish({ functions: edits, deleted, ...options });
  answer(ctx, 'PublishedChange', {
    functions: published.map((one) => ({ ...toPublished(scope, one), created: one.created })),
    deleted,
    tookMs: tookSince(start),
  });
}

function checkNames(names: readonly string[]): void {
  if (names.length === 0) throw invalid('it changes nothing. Name functions to publish or delete.');
  const seen = new Set<string>();
  for (const name of names) {
    checkFunctionName(name);
    if (seen.has(name)) throw invalid(`it names "${name}" twice.`);
    seen.add(name);
  }
}
