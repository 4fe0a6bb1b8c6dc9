import { expect, it } from 'vitest';
import { startHost } from './host.ts';

const sources: [string, string][] = [
  ['a module', "import { x } from '@/lib/a';"],
  ['a type', 'import type { X } from "../lib/a";'],
  ['a file with its ending', "export * from './../lib/a.ts';"],
  ['for its effects', "import '@/lib/a';"],
  ['later', "export default () => import( '@/lib/a' );"],
  ['as CommonJS', "const a = require('@/lib/a');"],
  ['one thing several times', "import '@/lib/a'; import x from '@/lib/a';"],
  ['over several lines', "import {\n  x,\n  y,\n} from\n  '@/lib/a';"],
];

it.each(sources)('GET /v1/functions answers what is imported: %s', async (_what, source) => {
  const host = await startHost();
  await host.call('PUT', '/v1/functions/app%2Ff', { source });
  expect((await host.call('GET', '/v1/functions/app%2Ff')).body).toMatchObject({ imports: [] });
  await host.call('PUT', '/v1/functions/lib%2Fa', {
    source: "import fs from 'node:fs'; import cloud from '@/cloud-sdk'; const at = 'x@/lib/a';",
  });
  expect((await host.call('GET', '/v1/functions')).body).toMatchObject({
    functions: [
      { name: 'app/f', imports: ['lib/a'] },
      { name: 'lib/a', imports: [] },
    ],
  });
});
