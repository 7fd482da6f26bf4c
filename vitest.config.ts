import { defineConfig } from 'vitest/config';

// unit: no cluster, no network beyond loopback. cases: the exam, from EGRESS_CASES. package: what
// is deployed to AWS. aws: the same and what it needs, against a local server that answers as AWS does.
// cluster: a real cluster, from KUBECONFIG. fuzz: random policies in such a cluster.
// faults: questions about such a cluster while workers are killed.
export default defineConfig({
  test: {
    projects: [
      // A property tries ten thousand inputs, and the machine may be busy: five seconds would be a lottery.
      { test: { name: 'unit', include: ['test/{tables,laws,threads,edges}/**/*.test.ts'], testTimeout: 30_000 } },
      { test: { name: 'cases', include: ['test/cases/**/*.test.ts'] } },
      { test: { name: 'page', include: ['test/page/**/*.test.ts'], testTimeout: 180_000, hookTimeout: 60_000 } },
      { test: { name: 'package', include: ['test/package/**/*.test.ts'] } },
      {
        test: {
          name: 'aws',
          include: ['test/aws/**/*.test.ts'],
          globalSetup: ['test/aws/setup.ts'],
          // One package of the functions for all files.
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'cluster',
          include: ['test/cluster/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          // A real network, on a machine that others use too: what is broken fails twice.
          retry: 1,
          // One cluster, one node: files take turns.
          fileParallelism: false,
        },
      },
      {
        test: { name: 'faults', include: ['test/faults/**/*.test.ts'], testTimeout: 600_000, hookTimeout: 180_000 },
      },
      { test: { name: 'fuzz', include: ['test/fuzz/**/*.test.ts'], testTimeout: 180_000, hookTimeout: 180_000 } },
    ],
    coverage: { provider: 'v8', include: ['src/**/*.ts'], reporter: ['text-summary'] },
  },
});
