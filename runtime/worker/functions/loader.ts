import { compileFunction } from 'node:vm';
import type { Calls } from '../../kernel/calls/calls.ts';
import type { FunctionModule, Instantiate, ModuleInstance } from '../../kernel/functions/module.ts';
import { parseSpecifier } from '../../kernel/functions/name.ts';
import { createConsole, type ConsoleSink } from './function-console.ts';
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
/** What the guards in compiled code call: the flags, and what to do once one is raised. */
const guardNames = ['__hearth_f', '__hearth_s'];
const parameters = ['exports', 'require', 'module', '__filename', '__dirname', 'console', ...timerNames, ...guardNames];

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
    const { built, name } = this.#module;
    const { pulse } = this.#parts;
    const run = compileFunction(built.code, parameters, { filename });
    const timers = this.#timers.functions();
    Reflect.apply(run, original, [
      original,
      this.#createRequire(),
      this.#cjs,
      `/${name}.ts`,
      `/${name.split('/').slice(0, -1).join('/')}`,
      createConsole(this.#module, this.#parts.console),
      ...timerNames.map((key) => timers[key]),
      pulse.flags,
      pulse.guardOf({ function: name, revision: this.#module.revision }),
    ]);
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

  #createRequire(): (id: unknown) => unknown {
    const require = (id: unknown): unknown => {
      if (typeof id !== 'string') throw new TypeError(`require() takes a string, not ${typeof id}`);
      const specifier = parseSpecifier(id, this.#module.name);
      if (specifier.kind === 'sdk') return this.#parts.sdk;
      if (specifier.kind === 'package') return this.#parts.packages.require(specifier.id);
      return this.#importFunction(specifier.name);
    };
    return Object.assign(require, {
      resolve: (id: string) => this.#parts.packages.resolve(id),
      cache: Object.create(null),
      main: undefined,
    });
  }
}

function isModuleNamespace(exports: unknown): exports is object {
  return typeof exports === 'object' && exports !== null && '__esModule' in exports;
}
