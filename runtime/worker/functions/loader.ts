import { join } from 'node:path';
import type { Calls } from '../../kernel/calls/calls.ts';
import { Evaluation } from '../../kernel/calls/evaluation.ts';
import { Lifetime } from '../../kernel/calls/lifetime.ts';
import type { FailedImport, FunctionModule, Instantiate, ModuleInstance, Realm } from '../../kernel/functions/module.ts';
import { insertedNames } from '../../kernel/functions/inserted-text.ts';
import { runCode } from './compiled-code.ts';
import type { Disposals } from './disposals.ts';
import { createConsole, type ConsoleSink } from './function-console.ts';
import { FunctionImports } from './function-imports.ts';
import { createImportMeta, fileOf } from './import-meta.ts';
import type { Pulse } from '../watchdog/pulse.ts';
import type { Packages } from './packages.ts';
import type { ProcessEvents } from './process-events.ts';
import type { SourcePositions } from './source-positions.ts';
import { createTimerModules } from './timer-modules.ts';
import { type FunctionTimers, TimerSet, type WaitingTimers } from './timers.ts';

/** What the code of functions is given. */
export interface LoaderParts {
  readonly calls: Calls;
  readonly positions: SourcePositions;
  readonly pulse: Pulse;
  readonly console: ConsoleSink;
  readonly processEvents: ProcessEvents;
  readonly disposals: Disposals;
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
  const waiting: WaitingTimers = new WeakMap();
  return (module, realm) => new FunctionInstance({ ...parts, waiting }, module, realm);
}

class FunctionInstance implements ModuleInstance {
  readonly #parts: LoaderParts;
  readonly #module: FunctionModule;
  readonly #realm: Realm;
  readonly #evaluation: Evaluation;
  readonly #timers: TimerSet;
  #compiledAs: string | undefined;
  #imports: FunctionImports | undefined;
  #unserve: (() => void) | undefined;
  readonly #cjs: { exports: unknown; id: string; filename: string; loaded: boolean } = { exports: {}, id: '', filename: '', loaded: false };

  constructor(parts: LoaderParts & { readonly waiting: WaitingTimers }, module: FunctionModule, realm: Realm) {
    const { calls, waiting } = parts;
    const lifetime = new Lifetime(realm.isStaged ? 'staged' : 'live');
    this.#parts = parts;
    this.#module = module;
    this.#realm = realm;
    this.#evaluation = new Evaluation(module, calls.current, lifetime);
    this.#timers = new TimerSet({ calls, module, lifetime, waiting });
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
    calls.within(this.#evaluation, () => calls.enter(this.#module.mark, () => this.#run(filename, original), undefined), undefined);
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
    const own = createTimerModules({ calls, lifetime: this.#evaluation.lifetime, timers });
    const imports = new FunctionImports({ packages, sdk, attribution, own }, this.#module, (imported) =>
      this.#realm.importFunction(this.#module, imported),
    );
    this.#imports = imports;
    const require = imports.createRequire();
    this.#unserve = packages.serve(fileOf(name, packages), require);
    return {
      exports: original,
      require,
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

  accept(): void {
    const { calls } = this.#parts;
    const { lifetime } = this.#evaluation;
    calls.within(this.#evaluation, () => calls.enter(this.#module.mark, () => lifetime.accept(), undefined), undefined);
  }

  dispose(): void {
    const { disposals, processEvents } = this.#parts;
    this.#evaluation.lifetime.end();
    this.#unserve?.();
    if (this.#compiledAs !== undefined) processEvents.release(this.#compiledAs);
    disposals.add({ module: this.#module, dispose: () => this.#callDispose() });
  }

  /** What calls have started may still run its code, and has to be told apart. */
  #callDispose(): unknown {
    const { calls, positions } = this.#parts;
    const { mark } = this.#module;
    try {
      const hook: unknown = this.#cjs.loaded ? Reflect.get(Object(this.#cjs.exports), 'dispose') : undefined;
      if (typeof hook !== 'function') return undefined;
      return calls.enter(mark, (): unknown => Reflect.apply(hook, undefined, []), undefined);
    } finally {
      this.#timers.whenEmpty(() => {
        calls.attribution.unmark(mark);
        if (this.#compiledAs !== undefined) positions.retire(this.#compiledAs);
      });
    }
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
