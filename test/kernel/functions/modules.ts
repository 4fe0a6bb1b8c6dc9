import type { FunctionModule, Instantiate, ModuleInstance } from '../../../runtime/kernel/functions/module.ts';
import { Registry } from '../../../runtime/kernel/functions/registry.ts';
import type { BuiltChange, BuiltFunction } from '../../../runtime/kernel/functions/revision.ts';

type Exports = Record<string, unknown>;

/** The code of a function as a test writes it: gets what compiled code gets. */
export type Code = (exports: Exports, importFunction: (name: string) => unknown, module: FunctionModule) => void;

/** A registry whose functions are closures, with a record of what ran and what was disposed. */
export interface Modules {
  readonly registry: Registry;
  readonly instantiate: Instantiate;
  /** `evaluate a#1`, `dispose a#1`, in their order; taken out when read. */
  take(): string[];
  /** A function that is live as soon as the change is made. */
  built(name: string, code: Code, revision?: number): BuiltFunction;
  change(functions: readonly BuiltFunction[], deleted?: readonly string[]): BuiltChange;
  /** What a caller gets from the live function. */
  read(name: string): unknown;
}

export function createModules(): Modules {
  const codes = new Map<string, Code>();
  let events: string[] = [];
  const instantiate: Instantiate = (module, realm): ModuleInstance => {
    const exports: Exports = {};
    const label = `${module.name}#${module.revision}`;
    return {
      exports,
      evaluate: () => {
        events.push(`evaluate ${label}`);
        codes.get(module.built.code)?.(exports, (name) => realm.importFunction(module, name), module);
      },
      accept: () => undefined,
      dispose: () => void events.push(`dispose ${label}`),
    };
  };
  const registry = new Registry(instantiate);
  return {
    registry,
    instantiate,
    take: () => {
      const taken = events;
      events = [];
      return taken;
    },
    built: (name, code, revision = 1) => {
      const id = `code ${codes.size}`;
      codes.set(id, code);
      return { name, revision, methods: undefined, code: id, map: '' };
    },
    change: (functions, deleted = []) => ({ functions, deleted }),
    read: (name) => {
      const module = registry.get(name);
      return module && registry.handler(module)();
    },
  };
}

/** Code whose handler answers a value. */
export function answering(value: unknown): Code {
  return (exports) => {
    exports.default = () => value;
  };
}

/** Code that imports once, at its top level, and whose handler answers its name with what the imports answer. */
export function importing(...names: readonly string[]): Code {
  return (exports, importFunction, module) => {
    const imported = names.map((name) => importFunction(name) as Exports);
    exports.default = () => [module.name, ...imported.map((one) => (one.default as () => unknown)())];
  };
}

/** Code that throws while it is loaded. */
export function failing(message: string): Code {
  return () => {
    throw new Error(message);
  };
}
