import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** Unit tests start nothing and are beside their source. The others share one Kafka and one ClickHouse per run. */
export default defineConfig({
  test: {
    // Most tests wait for servers, so a machine of two cores runs two files at a time, where the default is one.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        // The examples name the emitter as a program that has installed it does.
        resolve: {
          alias: { '@gatelog/emitter': fileURLToPath(new URL('services/emitter/index.ts', import.meta.url)) },
        },
        test: {
          name: 'unit',
          include: ['{schemas,services,deploy}/**/*.test.ts', 'test/{docs,chaos,style}/**/*.test.ts'],
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/fixtures/stack/servers.ts'],
          testTimeout: 300_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 240_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
})
