import type { Scene } from '../scene.ts';
import type { Fault } from './fault.ts';

/** Publishes the source over a function that works, and says what came of it and whether that one still answers. */
function publishing(source: string): (scene: Scene) => Promise<string> {
  return async (scene) => {
    await scene.host.publish(scene.name, "export default () => 'as before';");
    const published = await scene.publish(scene.name, source);
    return `${published}, then ${await scene.call()}`;
  };
}

const unchanged = { guilty: /^422 LOAD_FAILED, then 200 as before$/ } as const;

/** What can go wrong while a function is published. */
export const loading: readonly Fault[] = [
  {
    id: 'syntax-error',
    fault: 'a source that does not compile',
    provoke: publishing('export default ( => {'),
    guilty: /^422 BUILD_FAILED, then 200 as before$/,
  },
  { id: 'throw-at-top', fault: 'a throw at the top level', provoke: publishing("throw new Error('at top');"), ...unchanged },
  { id: 'loop-at-top', fault: 'a loop at the top level', provoke: publishing('for (;;);\nexport default () => 1;'), ...unchanged },
  {
    id: 'exit-at-top',
    fault: '`process.exit()` at the top level',
    provoke: publishing('process.exit(1);\nexport default () => 1;'),
    ...unchanged,
  },
  {
    id: 'import-itself',
    fault: 'a function that imports itself',
    provoke: publishing("import me from '@/import-itself';\nexport default () => String(typeof me);"),
    guilty: /^(422 \w+, then 200 as before|200, then 200 .*)$/,
  },
  {
    id: 'regex-at-top',
    fault: 'an endless regular expression with a back-reference at the top level: the publish fails, and the live revision stays',
    provoke: publishing("const text = 'a'.repeat(60);\n/^(a+)+\\1$/.test(text + '!');\nexport default () => 1;"),
    ...unchanged,
    others: 'takeover',
    log: /event loop was blocked/,
    blame: { line: 2, quarantined: false },
  },
  {
    id: 'draft-never-ends',
    fault: 'a draft run that never settles (limit 1 s)',
    env: { RUN_TIMEOUT_MS: '1000' },
    provoke: async ({ host }) => {
      const { status, json } = await host.api('POST', '/v1/functions/draft/run', {
        source: 'export default () => new Promise(() => {});',
        request: {},
      });
      return `${status} ${json.error.code}`;
    },
    guilty: /^504 RUN_TIMED_OUT$/,
  },
  {
    id: 'loop-in-draft',
    fault: 'a loop in a draft run',
    provoke: async ({ host }) => {
      const { status, json } = await host.api('POST', '/v1/functions/draft/run', {
        source: 'export default () => { for (;;); };',
        request: {},
      });
      return `${status}, response ${json.response?.status}`;
    },
    guilty: /^200, response 500$/,
    log: /without a pause/,
  },
  {
    id: 'huge-source',
    fault: 'a source of a megabyte',
    provoke: (scene) => scene.publish('huge-source', `// ${'x'.repeat(1e6)}`),
    guilty: /^413 SOURCE_TOO_LARGE$/,
  },
];
