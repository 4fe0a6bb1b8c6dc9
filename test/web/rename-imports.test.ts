import { expect, it } from 'vitest';
import { renameImports } from '../../web/functions/rename-imports.ts';

const names = new Set(['lib/dates', 'lib/text', 'reports/daily', 'reports/weekly', 'dates']);
const toUtil = { from: 'lib/dates', to: 'util/time', names };

it('renameImports() follows a function under every spelling of its import', () => {
  const source = [
    "import { today } from '@/lib/dates';",
    'import type { Day } from "../lib/dates.ts";',
    "export * from '../lib/dates.js';",
    "const { now } = require('../lib/dates');",
    "const later = import('@/lib/dates');",
    "import '../lib/dates';",
  ].join('\n');
  expect(renameImports(source, 'reports/daily', toUtil)).toBe(
    [
      "import { today } from '@/util/time';",
      'import type { Day } from "../util/time.ts";',
      "export * from '../util/time.js';",
      "const { now } = require('../util/time');",
      "const later = import('@/util/time');",
      "import '../util/time';",
    ].join('\n'),
  );
});

it('renameImports() leaves packages, the SDK, and functions of other names alone', () => {
  const source =
    "import cloud from '@lafjs/cloud';\nimport x from '@/dates';\nimport y from 'lib/dates';\nimport z from './weekly';\n// lib/dates";
  expect(renameImports(source, 'reports/daily', toUtil)).toBe(source);
});

it('renameImports() keeps what a function imports by a path when it moves to another folder', () => {
  const source = "import { a } from './text';\nimport { b } from '../reports/daily';\nimport { c } from '@/lib/text';";
  const moved = "import { a } from '../../lib/text';\nimport { b } from '../../reports/daily';\nimport { c } from '@/lib/text';";
  expect(renameImports(source, 'lib/dates', { from: 'lib/dates', to: 'a/b/dates', names })).toBe(moved);
  expect(renameImports("import './text';", 'lib/dates', { from: 'lib/dates', to: 'lib/time', names })).toBe("import './text';");
  expect(renameImports("import './lib/text';", 'dates', { from: 'dates', to: 'lib/d', names })).toBe("import './text';");
});
