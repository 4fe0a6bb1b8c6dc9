import type { RevisionSummary } from '../../kernel/functions/revision.ts';
import type { FunctionStore } from '../../kernel/ports/function-store.ts';
import { toMethods } from './edits.ts';
import { type ApiScope, type Route, answer } from './route.ts';

/** Histories that are read at a time: a store may have few connections, and others want them too. */
const readAtOnce = 16;

export function deletedRoutes({ services: { store } }: ApiScope): readonly Route[] {
  return [
    {
      id: 'listDeleted',
      method: 'GET',
      path: '/v1/deleted',
      summary: 'Lists the deleted functions, sorted by name. A rollback restores one.',
      answers: { 200: { description: 'The functions, each at its newest revision.', schema: 'DeletedList' } },
      errors: ['STORE_UNAVAILABLE'],
      async handle(ctx) {
        answer(ctx, 'DeletedList', { functions: (await readDeleted(store)).map(toDeleted) });
      },
    },
  ];
}

async function readDeleted(store: FunctionStore): Promise<readonly RevisionSummary[]> {
  const names = (await store.heads()).filter(({ live }) => live === null).map(({ name }) => name);
  const found: RevisionSummary[] = [];
  for (let start = 0; start < names.length; start += readAtOnce) {
    const histories = await Promise.all(names.slice(start, start + readAtOnce).map((name) => store.revisions(name)));
    found.push(...histories.flatMap((history) => history.slice(0, 1)));
  }
  return found;
}

function toDeleted({ name, revision, note, createdAt, methods, size }: RevisionSummary) {
  return { name, revision, note, createdAt: new Date(createdAt).toISOString(), methods: toMethods(methods), size };
}
