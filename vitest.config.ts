import { defineConfig } from 'vitest/config';

const NOT_OURS = ['**/node_modules/**', '**/build/**', '**/.svelte-kit/**', '**/.data*/**', '**/.cache/**'];
const NEEDS_SERVERS = ['**/*.server.test.ts', '**/contract.test.ts'];
const WHOLE_SYSTEM = ['e2e/**/*.e2e.test.ts'];
/** Whole systems that are loaded, killed or timed: what runs beside them would change what they find. */
const ALONE = ['e2e/**/*.alone.test.ts'];
/** What is waited for comes when it comes: a busy machine makes a test slow, not wrong. */
const PATIENT = { poll: { timeout: 20_000, interval: 50 } };
/** Tests that mostly wait for servers: more of them at a time than there are cores. */
const WAITING_WORKERS = 3;
const START_SERVERS = ['infra/src/testing/start-servers.ts'];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          expect: PATIENT,
          testTimeout: 30_000,
          include: ['**/*.test.ts'],
          exclude: [...NOT_OURS, ...NEEDS_SERVERS, ...WHOLE_SYSTEM, ...ALONE],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'servers',
          expect: PATIENT,
          include: NEEDS_SERVERS,
          exclude: [...NOT_OURS, ...WHOLE_SYSTEM],
          globalSetup: START_SERVERS,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: WAITING_WORKERS,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'e2e',
          expect: PATIENT,
          include: WHOLE_SYSTEM,
          exclude: NOT_OURS,
          globalSetup: START_SERVERS,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          maxWorkers: WAITING_WORKERS,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'alone',
          expect: PATIENT,
          include: ALONE,
          exclude: NOT_OURS,
          globalSetup: START_SERVERS,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
          maxWorkers: 1,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
