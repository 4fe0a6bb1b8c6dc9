import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // A busy machine takes longer than the second that is the default.
    expect: { poll: { timeout: 20_000 } },
    projects: [
      {
        // Those of the workers start real ones, which need dist.
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['**/node_modules/**', 'test/scenario/**', 'test/faults/**', 'test/tooling/**', 'test/browser/**'],
          globalSetup: './scripts/vitest.mjs',
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
        // Each of these starts whole hosts, which need dist. Much of their time they wait for events, so three share the machine.
        extends: true,
        test: {
          name: 'scenario',
          include: ['test/scenario/**/*.test.ts'],
          globalSetup: './scripts/vitest.mjs',
          maxWorkers: 3,
          sequence: { groupOrder: 2 },
        },
      },
      {
        // Here hosts tell by the clock whose fault something is: nothing else may take their time.
        extends: true,
        test: {
          name: 'faults',
          include: ['test/faults/**/*.test.ts'],
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
