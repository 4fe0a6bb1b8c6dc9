import { join } from 'node:path';
import type { Calls } from '../../kernel/calls/calls.ts';
import type { FailedImport, FunctionModule, Instantiate, ModuleInstance } from '../../kernel/functions/module.ts';
import { insertedNames } from '../../kernel/functions/inserted-text.ts';
import { runCode } from './compiled-code.ts';
import { createConsole, type ConsoleSink } from './function-console.ts';
import { FunctionImports } from './function-imports.ts';
import { createImportMeta } from './import-meta.ts';
import type { Pulse } from '../watchdog/pulse.ts';
import type { Packages } from './packages.ts';
import type { ProcessEvents } from './process-events.ts';
import type { SourcePositions } from './source-positions.ts';
import { type FunctionTimers, TimerSet } from './timers.ts';

/** What the code of functions is given. */
export interface LoaderParts {
  readonly calls: Calls;
  readonly positions: SourcePositions;
  readonly pulse: Pulse;
  readonly console: ConsoleSink;
  readonly processEvents: ProcessEvents;
  readonly packages: Packages;
  /** What `import … from '@lafjs/cloud'` gets. */
  readonly sdk: unknown;
}

const timerNames = [
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'clearImmediate',
] as const satisfies (keyof FunctionTimers)[];

/**
 * Makes instances of functions' code. `vm.compileFunction` in the host's own context is the one way
 * that neither leaks on reload nor breaks `instanceof`.
 */
export function createLoader(parts: LoaderParts): Instantiate {
  return (module, importFunction) => new FunctionInstance(parts, module, importFunction);
}

class FunctionInstance implements ModuleInstance {
  readonly #parts: LoaderParts;
  readonly #module: FunctionModule;
  readonly #importFunction: (name: string) => unknown;
  readonly #timers: TimerSet;
  #compiledAs: string | undefined;
  #imports: FunctionImports | undefined;
  readonly #cjs: { exports: unknown; id: string; filename: string; loaded: boolean } = { exports: {}, id: '', filename: '', loaded: false };

  constructor(parts: LoaderParts, module: FunctionModule, importFunction: (name: string) => unknown) {
    this.#parts = parts;
    this.#module = module;
    this.#importFunction = importFunction;
    this.#timers = new TimerSet(parts.calls, module);
    this.#cjs.id = this.#cjs.filename = `${module.name}.ts`;
  }

  get exports(): unknown {
    return this.#cjs.exports;
  }

  get failedImport(): FailedImport | undefined {
    return this.#imports?.failed;
  }

  evaluate(): void {
    const { name } = this.#module;
    const original = this.#cjs.exports;
    const filename = this.#parts.positions.register(this.#module);
    this.#compiledAs = filename;
    this.#parts.processEvents.adopt(filename);
    const { calls } = this.#parts;
    this.#module.mark = calls.attribution.mark(name, this.#module.revision);
    calls.enter(this.#module.mark, () => this.#run(filename, original), undefined);
    this.#mergeExports(original);
    this.#cjs.loaded = true;
  }

  #run(filename: string, original: unknown): void {
    const { code } = this.#module.built;
    runCode({ code, filename: join(this.#parts.packages.dir, filename), self: original, names: this.#names(original) });
  }

  /** What the code finds as its own, as in a CommonJS module. */
  #names(original: unknown): Readonly<Record<string, unknown>> {
    const { name, revision } = this.#module;
    const { calls, pulse, packages, sdk, console } = this.#parts;
    const timers = this.#timers.functions();
    const { attribution } = calls;
    const imports = new FunctionImports({ packages, sdk, attribution }, this.#module, this.#importFunction);
    this.#imports = imports;
    return {
      exports: original,
      require: imports.createRequire(),
      module: this.#cjs,
      __filename: `/${name}.ts`,
      __dirname: `/${name.split('/').slice(0, -1).join('/')}`,
      console: createConsole(this.#module, console),
      ...Object.fromEntries(timerNames.map((key) => [key, timers[key]])),
      [insertedNames.flags]: pulse.flags,
      [insertedNames.stop]: pulse.guardOf({ function: name, revision }),
      [insertedNames.require]: (id: unknown) => imports.importNow(id),
      [insertedNames.import]: (specifier: unknown, options: unknown) => imports.import(specifier, options),
      [insertedNames.meta]: createImportMeta(name, packages),
    };
  }

  dispose(): void {
    this.#timers.dispose();
    this.#parts.calls.attribution.unmark(this.#module.mark);
    if (this.#compiledAs === undefined) return;
    this.#parts.positions.retire(this.#compiledAs);
    this.#parts.processEvents.release(this.#compiledAs);
  }

  /** `exports.main = …` in a file that also says `export`: the compiler has put another object in place by then. */
  #mergeExports(original: unknown): void {
    const { exports } = this.#cjs;
    if (exports === original || !isModuleNamespace(exports)) return;
    for (const [key, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(original))) {
      if (!Object.hasOwn(exports, key)) Object.defineProperty(exports, key, descriptor);
    }
  }
}

function isModuleNamespace(exports: unknown): exports is object {
  return typeof exports === 'object' && exports !== null && '__esModule' in exports;
}
