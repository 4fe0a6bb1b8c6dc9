import { defineConfig } from 'vitest/config';

/** How many files start hosts at a time. What docs/faults.md says is measured, and written, by one. */
const hostWorkers = process.env['FAULTS_WRITE'] ? 1 : 2;

/** Files that need a machine that does nothing else: these fill memory faster than a host that has half of it can tell. */
const alone = ['test/faults/memory.test.ts'];

export default defineConfig({
  test: {
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['**/node_modules/**', 'test/scenario/**', 'test/faults/**', 'test/tooling/**', 'test/browser/**'],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'tooling',
          include: ['test/tooling/**/*.test.ts'],
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // Each of these starts whole hosts, which need dist. Much of their time they wait for events, so two share the machine.
        extends: true,
        test: {
          name: 'scenario',
          include: ['test/scenario/**/*.test.ts', 'test/faults/**/*.test.ts'],
          exclude: alone,
          globalSetup: './scripts/vitest.mjs',
          maxWorkers: hostWorkers,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: 'alone',
          include: alone,
          globalSetup: './scripts/vitest.mjs',
          maxWorkers: 1,
          sequence: { groupOrder: 3 },
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          globalSetup: './scripts/vitest.mjs',
          maxWorkers: 2,
          testTimeout: 60_000,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});
