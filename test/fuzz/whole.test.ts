/** Random policies against packets, all seeds. `FUZZ_SEEDS=17,42` tries those alone. */
import { testNamespace } from '../cluster/probe-cluster.ts';
import { WHOLE, wantedSeeds } from './seeds.ts';
import { describePolicySets } from './suite.ts';

describePolicySets({
  prefix: testNamespace('whole'),
  seeds: wantedSeeds(process.env.FUZZ_SEEDS) ?? WHOLE,
  minutes: 60,
});
