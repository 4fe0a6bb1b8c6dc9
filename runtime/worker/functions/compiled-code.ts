import { compileFunction, constants } from 'node:vm';
import { redeclaredName } from '../../internals/v8-syntax-error.ts';

export interface CompiledCode {
  readonly code: string;
  readonly filename: string;
  /** What `this` is at the top level. */
  readonly self: unknown;
  /** What the code finds as its own names, unless it declares one itself. */
  readonly names: Readonly<Record<string, unknown>>;
}

/**
 * Runs the code of a module. `vm.compileFunction` in the host's own context is the one way that neither leaks on
 * reload nor breaks `instanceof`. An `import()` that the compiler has not seen (`eval`, `new Function`) is Node's.
 */
export function runCode({ code, filename, self, names }: CompiledCode): void {
  let given = Object.keys(names);
  let run: unknown;
  while (!run) {
    try {
      run = compileFunction(code, given, { filename, importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER });
    } catch (error) {
      // A name that the code declares with `const`, `let` or `class` must not be a parameter as well.
      const declared = redeclaredName(error);
      if (declared === undefined || !given.includes(declared)) throw error;
      given = given.filter((name) => name !== declared);
    }
  }
  if (typeof run === 'function')
    Reflect.apply(
      run,
      self,
      given.map((name) => names[name]),
    );
}
