import { describe, expect, it } from 'vitest';
import { FunctionModule, type Instantiate, type Realm } from '../../../runtime/kernel/functions/module.ts';

const realm: Realm = {
  importFunction: (_, name) => `exports of ${name}`,
  isStaged: false,
  evaluating: () => undefined,
  evaluated: () => undefined,
  evaluationFailed: () => undefined,
};

function moduleOf(methods?: readonly string[]): FunctionModule {
  return new FunctionModule({ name: 'a', revision: 7, methods, code: '', map: '' });
}

function exporting(exports: unknown): Instantiate {
  return () => ({ exports, evaluate: () => undefined, dispose: () => undefined, accept: () => undefined });
}

describe('FunctionModule', () => {
  it('load() evaluates once, and again after unload(), which disposes', () => {
    const events: string[] = [];
    const instantiate: Instantiate = () => ({
      exports: { count: events.length },
      evaluate: () => void events.push('evaluate'),
      accept: () => undefined,
      dispose: () => void events.push('dispose'),
    });
    const module = moduleOf();
    expect(module.loaded).toBe(false);
    const first = module.load(instantiate, realm);
    expect(module.load(instantiate, realm)).toBe(first);
    expect(module.loaded).toBe(true);
    module.unload();
    module.unload();
    expect(module.loaded).toBe(false);
    expect(module.load(instantiate, realm)).not.toBe(first);
    expect(events).toEqual(['evaluate', 'dispose', 'evaluate']);
  });

  it('load() reads the exports after the code has run, as `module.exports = …` needs', () => {
    let exports: unknown = 'before';
    const instantiate: Instantiate = () => ({
      get exports() {
        return exports;
      },
      evaluate: () => (exports = 'after'),
      dispose: () => undefined,
      accept: () => undefined,
    });
    expect(moduleOf().load(instantiate, realm)).toBe('after');
  });

  it('load() that throws disposes, tells the realm, and leaves the module unloaded', () => {
    const events: string[] = [];
    const failure = new Error('no');
    const instantiate: Instantiate = () => ({
      exports: {},
      evaluate: () => {
        throw failure;
      },
      accept: () => undefined,
      dispose: () => void events.push('dispose'),
    });
    const module = moduleOf();
    const telling: Realm = { ...realm, evaluationFailed: ({ name, loaded }) => void events.push(`${name} failed, loaded ${loaded}`) };
    expect(() => module.load(instantiate, telling)).toThrow(failure);
    expect(events).toEqual(['dispose', 'a failed, loaded false']);
    expect([module.loaded, module.evaluating]).toEqual([false, false]);
  });

  it('load() gives the code imports of its realm', () => {
    const instantiate: Instantiate = (module, own) => ({ ...exporting(own.importFunction(module, 'b'))(module, own) });
    expect(moduleOf().load(instantiate, realm)).toBe('exports of b');
  });

  const one = (): number => 1;
  const two = (): number => 2;
  it.each<[string, unknown]>([
    ['default before main', { default: one, main: two }],
    ['main before handler', { main: one, handler: two }],
    ['handler', { handler: one }],
    ['main when default is no function', { default: { main: two }, main: one }],
    ['module.exports itself', one],
    ['a default on a function', Object.assign(() => 2, { default: one })],
    ['a getter, as compiled modules have', Object.defineProperty({}, 'default', { get: () => one })],
    ['an inherited default', Object.create({ default: one })],
  ])('handler() finds %s', (_, exports) => {
    expect(moduleOf().handler(exporting(exports), realm)).toBe(one);
  });

  it.each<[string, unknown]>([
    ['nothing', {}],
    ['values', { default: 1, main: 'x', handler: null }],
    ['null', null],
    ['a string', 'main'],
    ['undefined', undefined],
  ])('handler() throws FUNCTION_NO_HANDLER for %s, each time', (_, exports) => {
    const module = moduleOf();
    const refusal = expect.objectContaining({ code: 'FUNCTION_NO_HANDLER', message: expect.stringContaining('"a"') });
    expect(() => module.handler(exporting(exports), realm)).toThrow(refusal);
    expect(() => module.handler(exporting(exports), realm)).toThrow(refusal);
  });

  it('handler() is looked up anew after unload()', () => {
    const module = moduleOf();
    expect(module.handler(exporting(one), realm)).toBe(one);
    expect(module.handler(exporting(two), realm)).toBe(one);
    module.unload();
    expect(module.handler(exporting(two), realm)).toBe(two);
  });

  it('allows() every method, or those given, and HEAD where GET goes', () => {
    const asked = (module: FunctionModule): boolean[] => ['GET', 'HEAD', 'POST', 'get'].map((method) => module.allows(method));
    expect(asked(moduleOf())).toEqual([true, true, true, true]);
    expect(asked(moduleOf(['GET']))).toEqual([true, true, false, false]);
    expect(asked(moduleOf(['POST']))).toEqual([false, false, true, false]);
    expect(asked(moduleOf([]))).toEqual([false, false, false, false]);
  });

  it('revision is the one built until the store gives another', () => {
    const module = moduleOf();
    expect(module.revision).toBe(7);
    module.revision = 9;
    expect([module.revision, module.built.revision]).toEqual([9, 7]);
  });
});
