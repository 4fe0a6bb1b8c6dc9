import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFunctionHost, type FunctionHost, thrownBy } from './host.ts';

let host: FunctionHost;

beforeEach(() => {
  host = createFunctionHost();
});

afterEach(() => host.close());

const thrower = `// a comment
interface Unused { readonly a: string }

export default (): never => {
  const text: string = 'here';
    throw new Error(text);
};
`;

function stackOf(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? '') : '';
}

const callFails = (name: string): string => stackOf(thrownBy(() => host.call(name).answer));

describe('first()', () => {
  it('names line and column in the TypeScript source', async () => {
    await host.publish({ 'lib/thrower': thrower });
    expect(host.positions.first(callFails('lib/thrower'))).toEqual({ function: 'lib/thrower', line: 6, column: 11 });
  });

  it('names the innermost function of several', async () => {
    await host.publish({ thrower, caller: "import fail from './thrower';\nexport default () => fail();\n" });
    expect(host.positions.first(callFails('caller'))).toEqual({ function: 'thrower', line: 6, column: 11 });
  });

  it('answers undefined for text without a place, and for code that is not known', () => {
    expect(host.positions.first('Error: no\n    at hearth:nobody@1#1:2:3\n    at file.js:1:1')).toBeUndefined();
    expect(host.positions.first('')).toBeUndefined();
  });
});

describe('rewrite()', () => {
  it('puts positions in sources in the stack and takes the frames of the host out', async () => {
    await host.publish({ thrower, caller: "import fail from './thrower';\nexport default () => fail();\n" });
    const rewritten = host.positions.rewrite(callFails('caller'));
    expect(rewritten).toMatch(/^Error: here\n\s+at .*thrower\.ts:6:11\)?\n\s+at .*caller\.ts:2:22\)?/);
    expect(rewritten).not.toMatch(/hearth:|node:|runtime\/kernel|runtime\/worker/);
  });

  it('names the file alone where the code is not known any more', () => {
    expect(host.positions.rewrite('at f (hearth:lib/a@1#7:2:3)')).toBe('at f (lib/a.ts)');
  });

  it('takes out the frame of import(), and names the function where Node names compiled code as the importer', () => {
    const text =
      "Error: Cannot find package 'x' imported from /packages/hearth:lib/a@1#7\n    at /packages/lib/a.ts\n    at f (/packages/hearth:lib/a@1#7:2:3)";
    expect(host.positions.rewrite(text)).toBe("Error: Cannot find package 'x' imported from lib/a.ts\n    at f (lib/a.ts)");
  });

  it('leaves text without positions as it is', () => {
    const text = 'Error: no\n  at home we said "node:fs" twice';
    expect(host.positions.rewrite('nothing here\nor here')).toBe('nothing here\nor here');
    expect(host.positions.rewrite(text.replace('  at', 'at'))).toBe(text.replace('  at', 'at'));
  });
});

describe('register()', () => {
  it('keeps the live source through any number of drafts that were run and dropped', async () => {
    await host.publish({ thrower });
    for (let run = 0; run < 5; run += 1) {
      const [draft] = await host.build({ thrower: `const n = ${run};\n\n\n${thrower}` });
      if (draft) host.registry.stage({ functions: [draft], deleted: [] }).discard();
    }
    expect(host.positions.first(callFails('thrower'))).toMatchObject({ line: 6, column: 11 });
  });

  it('keeps the source before the live one, for calls in flight, and tells the two apart', async () => {
    await host.publish({ thrower });
    const old = host.registry.get('thrower');
    const handler = old && host.registry.handler(old);
    await host.publish({ thrower: `\n\n${thrower}` });
    expect(host.positions.first(stackOf(thrownBy(() => handler?.())))).toMatchObject({ line: 6 });
    expect(host.positions.first(callFails('thrower'))).toMatchObject({ line: 8 });
  });

  it('forgets sources that are out of use', async () => {
    await host.publish({ thrower });
    const stack = callFails('thrower');
    for (let n = 0; n < 3; n += 1) await host.publish({ thrower });
    expect(host.positions.first(stack)).toBeUndefined();
    expect(host.positions.rewrite(stack)).toContain('thrower.ts');
  });
});

describe('loadFailure()', () => {
  it('says what was thrown and where', async () => {
    const functions = await host.build({ a: 'export default () => 1;', b: "// first\n\nthrow new RangeError('too far');\n" });
    const change = { functions, deleted: [] };
    const thrown = thrownBy(() => host.registry.stage(change));
    const failure = host.positions.loadFailure(thrown, change);
    expect(failure.cause).toBe(thrown);
    expect(failure.toReport()).toMatchObject({
      code: 'LOAD_FAILED',
      details: { reason: 'RangeError: too far' },
      diagnostics: [{ function: 'b', line: 3, column: 7, message: 'RangeError: too far' }],
    });
  });

  it('names the first function of the change when the stack names none', () => {
    const change = { functions: [{ name: 'a', revision: 1, methods: undefined, code: '', map: '' }], deleted: [] };
    expect(host.positions.loadFailure('just text', change).diagnostics).toEqual([
      { function: 'a', line: 1, column: 1, message: 'just text', lineText: '' },
    ]);
  });

  const fail = (): never => {
    throw new Error('hostile');
  };
  it.each<[string, unknown]>([
    ['a name that throws', Object.defineProperty(new Error('x'), 'name', { get: fail })],
    ['a stack that throws', Object.defineProperty(new Error('x'), 'stack', { get: fail })],
    ['a message that cannot be shown', Object.assign(new Error('x'), { message: { toString: fail } })],
    ['a name that is a symbol', Object.assign(new Error('x'), { name: Symbol('x') })],
    ['a proxy', new Proxy({}, { get: fail, getPrototypeOf: fail })],
    ['an object without a prototype', Object.create(null)],
    ['null', null],
  ])('is LOAD_FAILED for %s too', (_, thrown) => {
    expect(host.positions.loadFailure(thrown, { functions: [], deleted: [] }).code).toBe('LOAD_FAILED');
  });
});
