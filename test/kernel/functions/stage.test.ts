import { describe, expect, it } from 'vitest';
import type { Stage } from '../../../runtime/kernel/functions/stage.ts';
import { answering, type Code, createModules, importing } from './modules.ts';

const throwing =
  (thrown: unknown): Code =>
  () => {
    throw thrown;
  };

const failed = (stage: Stage): unknown => [...stage.failed()].map(([name, { module, thrown }]) => [name, module.name, thrown]);

describe('Stage.failed()', () => {
  it('holds every function that does not load, with the one that threw, which is evaluated once', () => {
    const { registry, built, change, take } = createModules();
    const batch = [
      built('uses', importing('lib')),
      built('lib', throwing('lib')),
      built('also', importing('uses')),
      built('own', throwing('own')),
    ];
    const stage = registry.tryOut(change([...batch, built('fine', answering('fine'))]));
    expect(failed(stage)).toEqual([
      ['uses', 'lib', 'lib'],
      ['lib', 'lib', 'lib'],
      ['also', 'lib', 'lib'],
      ['own', 'own', 'own'],
    ]);
    expect(stage.failures().map(({ module }) => module.name)).toEqual(['lib', 'own']);
    expect(take().filter((event) => event === 'evaluate lib#1')).toHaveLength(1);
  });

  it('tells two functions apart that throw the same value', () => {
    const { registry, built, change } = createModules();
    const stage = registry.tryOut(change([built('a', throwing('same')), built('b', throwing('same'))]));
    expect(stage.failures().map(({ module }) => module.name)).toEqual(['a', 'b']);
  });

  it('is empty when a function deals with an import that fails', () => {
    const { registry, built, change } = createModules();
    registry.install(change([built('lib', throwing('lib'))]));
    const careful: Code = (exports, importFunction) => {
      try {
        importFunction('lib');
      } catch {
        exports['default'] = () => 'without';
      }
    };
    const stage = registry.tryOut(change([built('a', careful)]));
    expect(failed(stage)).toEqual([]);
    registry.activate(stage, new Map([['a', 1]]));
  });

  it('names a live function that the change imports and that does not load', () => {
    const { registry, built, change } = createModules();
    registry.install(change([built('lib', throwing('lib'))]));
    expect(failed(registry.tryOut(change([built('a', importing('lib'))])))).toEqual([['a', 'lib', 'lib']]);
  });
});

describe('a stage that is activated with functions that do not load', () => {
  it('evaluates them at each use until they load', () => {
    const { registry, built, change, read } = createModules();
    let ready = false;
    const late: Code = (exports) => {
      if (!ready) throw new Error('too early');
      exports['default'] = () => 'late';
    };
    registry.activate(registry.tryOut(change([built('late', late)])), new Map([['late', 3]]));
    expect(() => read('late')).toThrow('too early');
    expect(() => read('late')).toThrow('too early');
    ready = true;
    expect([read('late'), registry.get('late')?.revision]).toEqual(['late', 3]);
  });

  it('drops what holds half of the exports of one of them', () => {
    const { registry, built, change, read } = createModules();
    let ready = false;
    const first: Code = (exports, importFunction) => {
      const { default: other } = Object(importFunction('second'));
      if (!ready) throw new Error('too early');
      exports['value'] = 'whole';
      exports['default'] = () => other();
    };
    const second: Code = (exports, importFunction) => {
      const early = Object(importFunction('first'));
      exports['default'] = () => early.value;
    };
    const stage = registry.tryOut(change([built('first', first), built('second', second)]));
    expect([...stage.failed().keys()]).toEqual(['first', 'second']);
    registry.activate(
      stage,
      new Map([
        ['first', 1],
        ['second', 1],
      ]),
    );
    ready = true;
    expect(read('first')).toBe('whole');
  });
});

describe('Stage.evaluate()', () => {
  it('leaves the rest alone once code that does not load has taken half a second', () => {
    const { registry, built, change, take } = createModules();
    const slow: Code = () => {
      const started = performance.now();
      while (performance.now() - started < 550);
      throw new Error('stopped');
    };
    expect(failed(registry.tryOut(change([built('a', slow), built('b', slow), built('c', answering('C'))])))).toHaveLength(1);
    expect(take()).toEqual(['evaluate a#1', 'dispose a#1']);
  });
});
