import { beforeEach, describe, expect, it } from 'vitest';
import type { Registry } from '../../../runtime/kernel/functions/registry.ts';
import { answering, createModules, failing, importing, type Modules } from './modules.ts';

let modules: Modules;
let registry: Registry;

beforeEach(() => {
  modules = createModules();
  ({ registry } = modules);
});

const missing = (name: string): unknown => expect.objectContaining({ code: 'FUNCTION_MISSING', details: { name } });

/** Publishes as control does: stages, then activates under the revisions given. */
function publish(...functions: readonly (readonly [string, Parameters<Modules['built']>[1], number?])[]): void {
  const built = functions.map(([name, code, revision]) => modules.built(name, code, revision));
  registry.activate(registry.stage(modules.change(built)), new Map(built.map(({ name, revision }) => [name, revision])));
}

describe('install()', () => {
  it('makes functions live and evaluates each at its first use only', () => {
    registry.install(modules.change([modules.built('a', answering('A')), modules.built('b', answering('B'))]));
    expect([registry.size, modules.take()]).toEqual([2, []]);
    expect([modules.read('a'), modules.read('a')]).toEqual(['A', 'A']);
    expect(modules.take()).toEqual(['evaluate a#1']);
  });

  it('replaces a loaded function and drops what imports it', () => {
    publish(['lib', answering('old')], ['a', importing('lib')]);
    modules.take();
    registry.install(modules.change([modules.built('lib', answering('new'), 2)]));
    expect(modules.take().toSorted()).toEqual(['dispose a#1', 'dispose lib#1']);
    expect(modules.read('a')).toEqual(['a', 'new']);
  });

  it('deletes functions', () => {
    publish(['a', answering('A')], ['b', answering('B')]);
    registry.install(modules.change([], ['a', 'unknown']));
    expect([registry.get('a'), registry.size]).toEqual([undefined, 1]);
  });
});

describe('stage()', () => {
  it('evaluates the change and leaves what is live as it is', () => {
    publish(['a', answering('old')]);
    modules.take();
    const stage = registry.stage(modules.change([modules.built('a', answering('new'), 2), modules.built('b', answering('B'))]));
    expect(modules.take()).toEqual(['evaluate a#2', 'evaluate b#1']);
    expect([modules.read('a'), registry.get('a')?.revision, registry.get('b'), registry.size]).toEqual(['old', 1, undefined, 1]);
    const staged = stage.get('a');
    expect(staged && stage.handler(staged)()).toBe('new');
  });

  it('shares the loaded instance of what the change does not touch', () => {
    const state = { count: 0 };
    publish(['lib', answering(state)]);
    modules.take();
    const stage = registry.stage(modules.change([modules.built('a', importing('lib'))]));
    expect(modules.take()).toEqual(['evaluate a#1']);
    expect(stage.get('lib')).toBe(registry.get('lib'));
    registry.activate(stage, new Map([['a', 1]]));
    expect(modules.read('a')).toEqual(['a', modules.read('lib')]);
    expect(modules.take()).toEqual([]);
  });

  it('gives itself instances of live functions that import what it changes', () => {
    publish(['base', answering('old')], ['lib', importing('base')], ['a', importing('lib')]);
    modules.take();
    const stage = registry.stage(modules.change([modules.built('base', answering('new'), 2), modules.built('b', importing('lib'))]));
    const b = stage.get('b');
    expect(b && stage.handler(b)()).toEqual(['b', ['lib', 'new']]);
    expect(modules.read('a')).toEqual(['a', ['lib', 'old']]);
    expect(modules.take()).toEqual(['evaluate base#2', 'evaluate b#1', 'evaluate lib#1']);
  });

  it('evaluates unloaded dependencies apart from the live ones, and hands them over when activated', () => {
    registry.install(modules.change([modules.built('base', answering('base')), modules.built('lib', importing('base'), 4)]));
    const stage = registry.stage(modules.change([modules.built('a', importing('lib'))]));
    expect(modules.take()).toEqual(['evaluate a#1', 'evaluate lib#4', 'evaluate base#1']);
    expect([registry.get('lib')?.loaded, registry.get('base')?.loaded]).toEqual([false, false]);
    registry.activate(stage, new Map([['a', 1]]));
    expect([modules.read('a'), modules.read('lib')]).toEqual([
      ['a', ['lib', 'base']],
      ['lib', 'base'],
    ]);
    expect([modules.take(), registry.get('lib')?.revision]).toEqual([[], 4]);
  });

  it('imports within a batch see the batch, in whatever order it stands', () => {
    publish(['a', importing('b')], ['b', importing('c')], ['c', answering('C')]);
    expect(modules.read('a')).toEqual(['a', ['b', 'C']]);
    expect(modules.take()).toEqual(['evaluate a#1', 'evaluate b#1', 'evaluate c#1']);
  });

  it('throws what the code throws, disposes all that it had evaluated, and changes nothing', () => {
    publish(['a', answering('old')]);
    modules.take();
    const batch = [modules.built('a', answering('new'), 2), modules.built('b', failing('at load')), modules.built('c', answering('C'))];
    expect(() => registry.stage(modules.change(batch))).toThrow('at load');
    expect(modules.take()).toEqual(['evaluate a#2', 'evaluate b#1', 'dispose b#1', 'evaluate c#1', 'dispose a#2', 'dispose c#1']);
    expect([modules.read('a'), registry.get('b'), registry.size]).toEqual(['old', undefined, 1]);
  });

  it('a failure in a dependency that was not loaded leaves the live one unloaded and its importers alone', () => {
    registry.install(modules.change([modules.built('lib', failing('broken'))]));
    publish(['other', answering('other')]);
    modules.take();
    expect(() => registry.stage(modules.change([modules.built('a', importing('other', 'lib'))]))).toThrow('broken');
    expect(modules.take()).toEqual(['evaluate a#1', 'evaluate lib#1', 'dispose lib#1', 'dispose a#1']);
    expect([registry.get('lib')?.loaded, registry.get('other')?.loaded]).toEqual([false, true]);
  });

  it('throws FUNCTION_MISSING for an import that nobody has, or that the change deletes', () => {
    publish(['lib', answering('lib')]);
    expect(() => registry.stage(modules.change([modules.built('a', importing('nobody'))]))).toThrow(missing('nobody'));
    expect(() => registry.stage(modules.change([modules.built('a', importing('lib'))], ['lib']))).toThrow(missing('lib'));
    expect(modules.read('lib')).toBe('lib');
  });

  it('does not evaluate functions that the change leaves without an import', () => {
    publish(['lib', answering('lib')], ['a', importing('lib')]);
    modules.take();
    registry.activate(registry.stage(modules.change([], ['lib'])), new Map());
    expect(modules.take().toSorted()).toEqual(['dispose a#1', 'dispose lib#1']);
    expect(() => modules.read('a')).toThrow(missing('lib'));
  });
});

describe('discard()', () => {
  it('disposes what the stage made, and leaves live what it shared', () => {
    publish(['lib', answering('lib')]);
    const stage = registry.stage(modules.change([modules.built('a', importing('lib'))]));
    modules.take();
    stage.discard();
    expect([modules.take(), registry.get('a'), modules.read('lib')]).toEqual([['dispose a#1'], undefined, 'lib']);
  });

  it('code of the stage that still runs imports what is live, and starts nothing of its own', () => {
    registry.install(modules.change([modules.built('lib', answering('lib'))]));
    const stage = registry.stage(
      modules.change([
        modules.built('draft', (exports, importFunction) => {
          exports.default = () => importFunction('lib');
        }),
      ]),
    );
    const draft = stage.get('draft');
    const handler = draft && stage.handler(draft);
    stage.discard();
    modules.take();
    const live = registry.get('lib');
    expect(handler?.()).toBe(live && registry.exports(live));
    expect([modules.take(), registry.size]).toEqual([['evaluate lib#1'], 1]);
  });
});

describe('activate()', () => {
  it('makes the staged instances live under the revisions that the store gave', () => {
    const stage = registry.stage(modules.change([modules.built('a', answering('A'), 2), modules.built('b', answering('B'), 1)]));
    registry.activate(
      stage,
      new Map([
        ['a', 5],
        ['b', 1],
      ]),
    );
    expect([registry.get('a')?.revision, registry.get('b')?.revision, modules.read('a')]).toEqual([5, 1, 'A']);
    expect(modules.take()).toEqual(['evaluate a#2', 'evaluate b#1']);
  });

  it('drops what imports the change, through others too, to be evaluated anew at its next use', () => {
    publish(['base', answering('old')], ['lib', importing('base')], ['a', importing('lib')], ['apart', answering('apart')]);
    modules.take();
    publish(['base', answering('new'), 2]);
    expect(modules.take().toSorted()).toEqual(['dispose a#1', 'dispose base#1', 'dispose lib#1', 'evaluate base#2']);
    expect([modules.read('a'), modules.read('apart')]).toEqual([['a', ['lib', 'new']], 'apart']);
    expect(modules.take()).toEqual(['evaluate a#1', 'evaluate lib#1']);
    expect(registry.get('a')?.revision).toBe(1);
  });

  it('does not drop what imported a function once but does no longer', () => {
    publish(['lib', answering('lib')], ['a', importing('lib')]);
    publish(['a', answering('alone'), 2]);
    modules.take();
    publish(['lib', answering('lib'), 2]);
    expect(modules.take()).toEqual(['evaluate lib#2', 'dispose lib#1']);
  });

  it('drops what was loaded, or came to import the change, between stage() and activate()', () => {
    registry.install(modules.change([modules.built('lib', answering('old')), modules.built('late', importing('lib'))]));
    const stage = registry.stage(modules.change([modules.built('lib', answering('new'), 2)]));
    expect(modules.read('late')).toEqual(['late', 'old']);
    registry.activate(stage, new Map([['lib', 2]]));
    expect(modules.read('late')).toEqual(['late', 'new']);
  });

  it('calls in flight finish on the module that they began with, and import what is live', () => {
    publish(
      ['lib', answering('lib 1')],
      ['a', (exports, importFunction) => (exports.default = () => ['a 1', (importFunction('lib') as { default(): unknown }).default()])],
    );
    const old = registry.get('a');
    const handler = old && registry.handler(old);
    publish(['a', answering('a 2'), 2]);
    publish(['lib', answering('lib 2'), 2]);
    expect([handler?.(), old?.revision, modules.read('a')]).toEqual([['a 1', 'lib 2'], 1, 'a 2']);
  });

  it('a late import by a replaced module does not make its successor a dependent', () => {
    publish(['lib', answering('lib')], ['a', (exports, importFunction) => (exports.default = () => importFunction('lib'))]);
    const old = registry.get('a');
    const handler = old && registry.handler(old);
    publish(['a', answering('a 2'), 2]);
    handler?.();
    modules.take();
    publish(['lib', answering('lib'), 2]);
    expect(modules.take()).toEqual(['evaluate lib#2', 'dispose lib#1']);
  });

  it('an import that was missing, and caught, is there once it is published', () => {
    publish([
      'a',
      (exports, importFunction) => {
        let found: unknown = 'nothing';
        try {
          found = (importFunction('later') as { default(): unknown }).default();
        } catch {}
        exports.default = () => found;
      },
    ]);
    expect(modules.read('a')).toBe('nothing');
    publish(['later', answering('here')]);
    expect(modules.read('a')).toBe('here');
  });

  it('a file ending in an import prefers the exact name once that is published', () => {
    publish(['lib', answering('bare')], ['a', importing('lib.ts')]);
    expect(modules.read('a')).toEqual(['a', 'bare']);
    publish(['lib.ts', answering('exact')]);
    expect(modules.read('a')).toEqual(['a', 'exact']);
  });

  it('a deleted function is gone for its importers, and back when it is published again', () => {
    publish(['lib', answering('lib')], ['a', importing('lib')]);
    registry.activate(registry.stage(modules.change([], ['lib'])), new Map());
    expect([registry.get('lib'), registry.size]).toEqual([undefined, 1]);
    expect(() => modules.read('a')).toThrow(missing('lib'));
    publish(['lib', answering('again'), 2]);
    expect(modules.read('a')).toEqual(['a', 'again']);
  });

  it('deletes and publishes in one step', () => {
    publish(['lib', answering('lib')], ['a', importing('lib')]);
    const change = modules.change([modules.built('a', importing('other'), 2), modules.built('other', answering('other'))], ['lib']);
    registry.activate(
      registry.stage(change),
      new Map([
        ['a', 2],
        ['other', 1],
      ]),
    );
    expect([registry.get('lib'), modules.read('a')]).toEqual([undefined, ['a', 'other']]);
  });

  it('keeps what is staged twice apart: each activation is whole', () => {
    const first = registry.stage(modules.change([modules.built('a', answering('first'))]));
    const second = registry.stage(modules.change([modules.built('a', answering('second'), 2)]));
    registry.activate(first, new Map([['a', 1]]));
    expect(modules.read('a')).toBe('first');
    registry.activate(second, new Map([['a', 2]]));
    expect([modules.read('a'), registry.get('a')?.revision]).toEqual(['second', 2]);
  });
});

describe('a quarantined function', () => {
  const reason = 'it was blocked.';
  const refused = expect.objectContaining({ code: 'FUNCTION_QUARANTINED', details: { name: 'lib', reason } });
  const off = (revision = 1) => ({ ...modules.built('lib', answering('lib'), revision), quarantine: reason });

  it('throws FUNCTION_QUARANTINED for its handler and its exports, each time, and is never evaluated', () => {
    registry.install(modules.change([off()]));
    for (const read of ['handler', 'exports', 'handler', 'exports'] as const) {
      const lib = registry.get('lib');
      expect(() => lib && registry[read](lib)).toThrow(refused);
    }
    expect(modules.take()).toEqual([]);
  });

  it('is disabled and enabled by install(), for its importers as well', () => {
    publish(['lib', answering('lib')], ['a', importing('lib')], ['b', answering('B')]);
    expect(modules.read('a')).toEqual(['a', 'lib']);
    registry.install(modules.change([off()]));
    expect(() => modules.read('lib')).toThrow(refused);
    expect(() => modules.read('a')).toThrow(refused);
    expect(() => modules.read('a')).toThrow(refused);
    expect(modules.read('b')).toBe('B');
    registry.install(modules.change([modules.built('lib', answering('on'))]));
    expect([modules.read('lib'), modules.read('a')]).toEqual(['on', ['a', 'on']]);
  });

  it('works again when it is published anew, and then its importers do', () => {
    registry.install(modules.change([off(), modules.built('a', importing('lib'))]));
    expect(() => modules.read('a')).toThrow(refused);
    publish(['lib', answering('mended'), 2]);
    expect([modules.read('lib'), modules.read('a')]).toEqual(['mended', ['a', 'mended']]);
  });

  it('makes a stage throw that needs it while it is loaded, and leaves others to be published', () => {
    registry.install(modules.change([off()]));
    expect(() => publish(['a', importing('lib')])).toThrow(refused);
    publish(['b', answering('B')]);
    expect([registry.get('a'), modules.read('b')]).toEqual([undefined, 'B']);
  });

  it('that is imported when it is called fails only that call', () => {
    const calling = (exports: Record<string, unknown>, importFunction: (name: string) => unknown): void => {
      exports.default = () => importFunction('lib');
    };
    registry.install(modules.change([off()]));
    publish(['a', calling]);
    expect(() => modules.read('a')).toThrow(refused);
    expect(registry.get('a')?.loaded).toBe(true);
  });
});

describe('close()', () => {
  it('unloads everything', () => {
    publish(['a', answering('A')], ['b', answering('B')]);
    modules.take();
    registry.close();
    expect([modules.take().toSorted(), registry.size]).toEqual([['dispose a#1', 'dispose b#1'], 0]);
  });
});
