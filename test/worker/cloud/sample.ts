import { createBuilder } from '../../../runtime/build/builder.ts';
import { Attribution } from '../../../runtime/kernel/calls/attribution.ts';
import { runCode } from '../../../runtime/worker/functions/compiled-code.ts';
import { FunctionImports } from '../../../runtime/worker/functions/function-imports.ts';
import type { Packages } from '../../../runtime/worker/functions/packages.ts';

/** Builds a function, loads it with the SDK and these packages, and answers what its handler answers. */
export async function runSample(source: string, sdk: unknown, packages: Packages): Promise<unknown> {
  const builder = createBuilder({ guards: false });
  const { compiled } = await builder.build({ name: 'sample', source });
  await builder.close();
  const module: { exports: Record<string, unknown> } = { exports: {} };
  const imports = new FunctionImports(
    { packages, sdk, attribution: new Attribution(), own: new Map() },
    { name: 'sample', revision: 1, mark: 1 },
    (name) => name,
  );
  const names = {
    module,
    exports: module.exports,
    require: imports.createRequire(),
    __hearth_require: (id: unknown) => imports.importNow(id),
    __hearth_import: (id: unknown) => imports.import(id, undefined),
  };
  runCode({ code: compiled.code, filename: '/sample.js', self: module.exports, names });
  const handler = module.exports['default'] ?? module.exports['main'];
  if (typeof handler !== 'function') throw new Error('no handler');
  const answer: unknown = await handler({});
  return answer;
}
