import type { RouterContext } from '@koa/router';
import { checkFunctionName } from '../../kernel/functions/name.ts';
import { invalid, readBody } from './request-body.ts';
import { checkSource } from './edits.ts';
import { requests } from './requests.ts';
import { type ApiScope, type Route, answer, tookSince } from './route.ts';

export function checkRoutes(scope: ApiScope): readonly Route[] {
  return [
    {
      id: 'check',
      method: 'POST',
      path: '/v1/check',
      summary: 'Type-checks drafts against the live functions. Publishing does not check types, so code with type errors can be published.',
      body: 'Check',
      answers: { 200: { description: 'The type errors in the drafts and in functions that import them.', schema: 'Checked' } },
      errors: ['INVALID_NAME', 'SOURCE_TOO_LARGE', 'CHECK_FAILED'],
      handle: (ctx) => check(scope, ctx),
    },
  ];
}

async function check(scope: ApiScope, ctx: RouterContext): Promise<void> {
  const start = performance.now();
  const { checker, sourceLimit } = scope.services;
  const { functions } = await readBody(ctx, requests.Check, scope.limits.body);
  const seen = new Set<string>();
  for (const { name, source } of functions) {
    checkSource(checkFunctionName(name), source, sourceLimit);
    if (seen.has(name)) throw invalid(`it names "${name}" twice.`);
    seen.add(name);
  }
  const diagnostics = await checker.check(functions);
  answer(ctx, 'Checked', { diagnostics, tookMs: tookSince(start) });
}
