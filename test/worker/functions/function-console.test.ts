import { inspect } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import { FunctionModule } from '../../../runtime/kernel/functions/module.ts';
import { createConsole } from '../../../runtime/worker/functions/function-console.ts';

const module = new FunctionModule({ name: 'a', revision: 1, methods: undefined, code: '', map: '' });

let lines: [string, string][];
let admitting: boolean;
let asked: number;
let console: Console;

beforeEach(() => {
  lines = [];
  admitting = true;
  asked = 0;
  console = createConsole(module, {
    admits: () => {
      asked += 1;
      return admitting;
    },
    write: (from, level, message) => {
      if (from === module) lines.push([level, message]);
    },
  });
});

describe('createConsole()', () => {
  it.each([
    ['log', 'info'],
    ['info', 'info'],
    ['debug', 'debug'],
    ['warn', 'warn'],
    ['error', 'error'],
    ['dir', 'info'],
  ] as const)('%s() writes at level %s', (method, level) => {
    console[method]('text');
    expect(lines).toEqual([[level, method === 'dir' ? "'text'" : 'text']]);
  });

  it('formats as Node does', () => {
    console.log('%s is %d', 'a', 1, { deep: { er: [1] } }, undefined);
    console.log();
    console.log('two\nlines\n');
    expect(lines.map(([, message]) => message)).toEqual(['a is 1 { deep: { er: [ 1 ] } } undefined', '', 'two\nlines\n']);
  });

  it('assert() writes a warning only when it fails', () => {
    console.assert(true, 'fine');
    console.assert(false, 'not fine');
    expect(lines).toEqual([['warn', 'Assertion failed: not fine']]);
  });

  it('group() indents, count(), table() and time() write', () => {
    console.group('outer');
    console.log('inner\nlines');
    console.groupEnd();
    console.count('c');
    console.table([{ a: 1 }]);
    console.time('t');
    console.timeEnd('t');
    const messages = lines.map(([, message]) => message);
    expect(messages.slice(0, 3)).toEqual(['outer', '  inner\n  lines', 'c: 1']);
    expect(messages[3]).toContain('(index)');
    expect(messages[4]).toMatch(/^t: /);
  });

  it('trace() writes the stack', () => {
    console.trace('here');
    expect(lines).toHaveLength(1);
    expect(lines[0]?.[1]).toMatch(/^Trace: here\n\s+at /);
  });

  it('methods need no `this`', () => {
    const { log, error } = console;
    log('one');
    error('two');
    expect(lines).toEqual([
      ['info', 'one'],
      ['error', 'two'],
    ]);
  });

  it('does not look at its arguments when the sink admits nothing', () => {
    admitting = false;
    let shown = 0;
    console.log({ [inspect.custom]: () => (shown += 1) });
    expect([lines, shown, asked]).toEqual([[], 0, 1]);
  });

  it('cuts a line that is too long and says by how much', () => {
    console.log('x'.repeat(16_384));
    console.log('x'.repeat(20_000));
    expect(lines[0]?.[1]).toBe('x'.repeat(16_384));
    expect(lines[1]?.[1]).toBe(`${'x'.repeat(16_384)}… (3616 more characters)`);
  });

  const fail = (): never => {
    throw new Error('hostile');
  };
  it.each<[string, unknown[]]>([
    ['inspect.custom', [{ [inspect.custom]: fail }]],
    ['toString', ['%s', Object.assign(() => undefined, { toString: fail, [Symbol.toPrimitive]: fail }), Object.create(null)]],
    ['a stack getter', [Object.defineProperty(new Error('x'), 'stack', { get: fail })]],
    ['a symbol for %d', ['%d', Symbol('x')]],
    [
      'an error that cannot be formatted either',
      [
        {
          [inspect.custom]: () => {
            // oxlint-disable-next-line typescript/only-throw-error -- hostile on purpose
            throw { toString: fail };
          },
        },
      ],
    ],
  ])('writes one line and throws nothing for %s', (_, args) => {
    expect(() => console.log(...args)).not.toThrow();
    expect(lines).toHaveLength(1);
  });

  it('keeps the level of a line whose argument logs while it is shown', () => {
    console.log({
      [inspect.custom]: () => {
        console.error('inner');
        return 'shown';
      },
    });
    expect(lines).toEqual([
      ['error', 'inner'],
      ['info', 'shown'],
    ]);
  });
});
