import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../runtime/control/host/config.ts';
import { catalogue } from '../runtime/kernel/errors.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const pages = [
  'README.md',
  'ARCHITECTURE.md',
  ...readdirSync(join(root, 'docs')).flatMap((file) => (file.endsWith('.md') ? [`docs/${file}`] : [])),
];

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

/** What stands between backticks and matches the pattern. */
function quoted(text: string, pattern: RegExp): ReadonlySet<string> {
  return new Set(Array.from(text.matchAll(/`([^`\n]+)`/g), ([, code = '']) => code).filter((code) => pattern.test(code)));
}

/** The cells of each row of the page's tables. */
function rowsOf(page: string): readonly (readonly string[])[] {
  const lines = read(page).split('\n');
  return lines
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .map((cell) => cell.trim())
        .slice(1, -1),
    );
}

/** The names of the variables that the configuration reads. */
function variables(): readonly string[] {
  const [, table = ''] = /\nconst variables = \{\n([^]*?)\n\} as const;/.exec(read('runtime/control/host/config.ts')) ?? [];
  return Array.from(table.matchAll(/^ {2}([A-Z_]+):/gm), ([, name = '']) => name);
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): readonly string[] {
  const headings = Array.from(read(page).matchAll(/^#+ (.+)$/gm), ([, heading = '']) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

describe('docs/errors.md', () => {
  const rows = rowsOf('docs/errors.md').filter(([code]) => /^`[A-Z_]+`$/.test(code ?? ''));
  const statuses = new Map(rows.map(([code = '', status = '']) => [code.replaceAll('`', ''), status]));

  it('explains every code of the catalogue once, and no other', () => {
    expect(rows.map(([code = '']) => code.replaceAll('`', '')).toSorted()).toEqual(Object.keys(catalogue).toSorted());
  });

  it("gives each code the catalogue's status first", () => {
    const wrong = Object.entries(catalogue).filter(([code, { status }]) => !new RegExp(`^${status}\\b`).test(statuses.get(code) ?? ''));
    expect(wrong).toEqual([]);
  });

  it('names no code that does not exist', () => {
    const known = new Set<string>([...Object.keys(catalogue), ...variables()]);
    const codes = [...quoted(read('docs/errors.md'), /^[A-Z][A-Z_]*_[A-Z_]*$/)];
    expect(codes.filter((code) => !known.has(code))).toEqual([]);
  });

  it('says what to do about each', () => {
    expect(rows.filter((cells) => cells.length !== 4 || cells.some((cell) => cell === ''))).toEqual([]);
  });
});

describe('docs/limits.md', () => {
  it('has a row for every variable that is a limit', () => {
    const named = new Set(rowsOf('docs/limits.md').map(([, variable = '']) => variable.replaceAll('`', '')));
    const limits = variables().filter((name) => /LIMIT|_SIZE|_MS$|WARNING|PER_SECOND/.test(name));
    expect(limits.length).toBeGreaterThan(5);
    expect(limits.filter((name) => !named.has(name))).toEqual([]);
  });

  it('names no code that the catalogue lacks', () => {
    const codes = rowsOf('docs/limits.md').flatMap(([, , , effect = '']) => [...quoted(effect, /^[A-Z]+_[A-Z_]+$/)]);
    const known = new Set([...Object.keys(catalogue), ...variables()]);
    expect(codes.filter((code) => !known.has(code))).toEqual([]);
  });
});

describe('links', () => {
  it.each(pages)('of %s lead to files and headings that are there', (page) => {
    const targets = Array.from(read(page).matchAll(/\]\((?!https?:)([^)\s]+)\)/g), ([, target = '']) => target);
    const broken = targets.filter((target) => {
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? page : relative(root, join(root, dirname(page), path));
      return !existsSync(join(root, file)) || (anchor !== undefined && !anchorsOf(file).includes(anchor));
    });
    expect(broken).toEqual([]);
  });
});

it('the variables of the configuration are found in its source', () => {
  expect(variables()).toEqual(expect.arrayContaining(['PORT', 'REQUEST_LIMIT_SIZE', 'LOG_LINES_PER_SECOND']));
});

describe('docs/configuration.md', () => {
  const documented = new Map(
    rowsOf('docs/configuration.md').flatMap(([name = '', value = '']) =>
      /^`[A-Z_]+`$/.test(name) ? [[name.replaceAll('`', ''), value.replaceAll('`', '')] as const] : [],
    ),
  );

  it('lists every variable, and no other', () => {
    expect([...documented.keys()].toSorted()).toEqual(variables().toSorted());
  });

  it.each([...documented].filter(([, value]) => !['made', 'any', 'none', 'found'].includes(value)))(
    'says the default of %s',
    (name, value) => {
      expect(readConfig({ [name]: value }, '/')).toEqual(readConfig({}, '/'));
    },
  );
});
