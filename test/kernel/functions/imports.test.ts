import { beforeEach, describe, expect, it } from 'vitest';
import type { Registry } from '../../../runtime/kernel/functions/registry.ts';
import { answering, type Code, createModules, failing, type Modules } from './modules.ts';

let modules: Modules;
let registry: Registry;

beforeEach(() => {
  modules = createModules();
  ({ registry } = modules);
});

function install(functions: Readonly<Record<string, Code>>): void {
  registry.install(modules.change(Object.entries(functions).map(([name, code]) => modules.built(name, code))));
}

function load(name: string): unknown {
  const module = registry.get(name);
  return module && registry.exports(module);
}

/** Imports `name` and keeps the exports object, as compiled imports do; reads from it when called. */
const linked =
  (name: string): Code =>
  (exports, importFunction, module) => {
    exports.before = module.name;
    const other = importFunction(name) as Record<string, unknown>;
    exports.seen = { ...other };
    exports.default = () => other.before;
  };

describe('circular imports', () => {
  it('see what the other has exported so far, and all of it later', () => {
    install({ a: linked('b'), b: linked('a') });
    expect(load('a')).toMatchObject({ seen: { before: 'b', seen: { before: 'a' } } });
    expect(load('b')).toMatchObject({ seen: { before: 'a' } });
    expect([modules.read('a'), modules.read('b'), modules.take()]).toEqual(['b', 'a', ['evaluate a#1', 'evaluate b#1']]);
  });

  it('a function may import itself', () => {
    install({ a: linked('a') });
    expect([modules.read('a'), modules.take()]).toEqual(['a', ['evaluate a#1']]);
  });

  it.each(['a', 'b', 'c'])('are evaluated anew, all together, when %s of a ring of three is published', (name) => {
    install({ a: linked('b'), b: linked('c'), c: linked('a') });
    load('a');
    const old = ['a', 'b', 'c'].map(load);
    modules.take();
    const imported = { a: 'b', b: 'c', c: 'a' }[name] ?? '';
    const stage = registry.stage(modules.change([modules.built(name, linked(imported), 2)]));
    expect(['a', 'b', 'c'].map(load)).toEqual(old);
    registry.activate(stage, new Map([[name, 2]]));
    const now = ['a', 'b', 'c'].map(load);
    expect(now.some((exports) => old.includes(exports))).toBe(false);
    expect(['a', 'b', 'c'].map((each) => modules.read(each))).toEqual(['b', 'c', 'a']);
    expect(modules.take().filter((event) => event.startsWith('dispose'))).toHaveLength(3);
  });

  it('that fail leave nobody with half-made exports, and work once the failure is gone', () => {
    let broken = true;
    install({
      a: (exports, importFunction) => {
        exports.half = true;
        exports.b = importFunction('b');
        if (broken) throw new Error('not yet');
        exports.default = () => 'whole';
      },
      b: (exports, importFunction) => {
        const a = importFunction('a') as { default?: () => unknown };
        exports.default = () => a.default?.();
      },
      c: (exports, importFunction) => {
        const b = importFunction('b') as { default(): unknown };
        exports.default = () => b.default();
      },
    });
    expect(() => load('a')).toThrow('not yet');
    expect(['a', 'b', 'c'].map((name) => registry.get(name)?.loaded)).toEqual([false, false, false]);
    broken = false;
    expect([modules.read('b'), modules.read('c')]).toEqual(['whole', 'whole']);
  });
});

describe('an import that fails', () => {
  it('is tried again at the next use', () => {
    let broken = true;
    install({
      lib: (exports) => {
        if (broken) throw new Error('broken');
        exports.default = () => 'whole';
      },
      a: (exports, importFunction) => {
        const lib = importFunction('lib') as { default(): unknown };
        exports.default = () => lib.default();
      },
    });
    expect(() => modules.read('a')).toThrow('broken');
    expect(() => modules.read('a')).toThrow('broken');
    broken = false;
    expect(modules.read('a')).toBe('whole');
  });

  it('while a handler runs does not take its module the state that it has', () => {
    install({
      lib: failing('broken'),
      a: (exports, importFunction) => {
        let calls = 0;
        exports.default = () => {
          calls += 1;
          try {
            return importFunction('lib');
          } catch {
            return calls;
          }
        };
      },
      other: (exports, importFunction) => {
        exports.default = () => importFunction('lib');
      },
    });
    expect([modules.read('a'), modules.read('a')]).toEqual([1, 2]);
    expect(() => modules.read('other')).toThrow('broken');
    expect(modules.read('a')).toBe(3);
    expect(modules.take().filter((event) => event.endsWith(' a#1'))).toEqual(['evaluate a#1']);
  });

  it('and is caught at the top level leaves its importer loaded, until the import is published', () => {
    install({
      lib: failing('broken'),
      a: (exports, importFunction) => {
        let found: unknown = 'without lib';
        try {
          found = (importFunction('lib') as { default(): unknown }).default();
        } catch {}
        exports.default = () => found;
      },
    });
    expect([modules.read('a'), modules.read('a')]).toEqual(['without lib', 'without lib']);
    expect(modules.take()).toEqual(['evaluate a#1', 'evaluate lib#1', 'dispose lib#1']);
    registry.activate(registry.stage(modules.change([modules.built('lib', answering('with lib'), 2)])), new Map([['lib', 2]]));
    expect(modules.read('a')).toBe('with lib');
  });
});
