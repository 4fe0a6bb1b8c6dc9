import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../runtime/config.ts';
import { catalogue } from '../runtime/kernel/errors.ts';

const page = (name: string): string => readFileSync(`docs/${name}.md`, 'utf8');

/** The variables that the configuration reads, as its source lists them: the table is not exported. */
const variables = variablesIn(readFileSync('runtime/config.ts', 'utf8'));

function variablesIn(source: string): readonly string[] {
  const [, table = ''] = /const variables = \{([^]*?)\n\} as const;/.exec(source) ?? [];
  return Array.from(table.matchAll(/^ {2}([A-Z][A-Z_]+):/gm), ([, name = '']) => name);
}

/** Every word in capitals that a text sets as code, such as `PORT`. */
function codes(text: string): readonly string[] {
  return Array.from(text.matchAll(/`([A-Z][A-Z_]*[A-Z])`/g), ([, name = '']) => name);
}

/** The rows of a page's tables whose first cell is a code, as pairs of it and the second cell. */
function rows(text: string): ReadonlyMap<string, string> {
  return new Map(
    Array.from(text.matchAll(/^\| `([A-Z_]+)` \| ([^|]*) \|/gm), ([, name = '', second = '']) => [name, second.replaceAll('`', '')]),
  );
}

it('the variables of the configuration are found in its source', () => {
  expect(variables).toEqual(expect.arrayContaining(['PORT', 'REQUEST_LIMIT_SIZE', 'LOG_LINES_PER_SECOND']));
});

describe('docs/errors.md', () => {
  it('names no code that does not exist', () => {
    const known = new Set<string>([...Object.keys(catalogue), ...variables]);
    expect(codes(page('errors')).filter((code) => code.includes('_') && !known.has(code))).toEqual([]);
  });
});

describe('docs/configuration.md', () => {
  const documented = rows(page('configuration'));

  it('lists every variable, and no other', () => {
    expect([...documented.keys()].toSorted()).toEqual(variables.toSorted());
  });

  it.each([...documented].filter(([, value]) => !['made', 'any', 'none', 'found'].includes(value)))(
    'says the default of %s',
    (name, value) => {
      expect(readConfig({ [name]: value }, '/')).toEqual({ ...readConfig({}, '/'), appEnv: {} });
    },
  );
});
