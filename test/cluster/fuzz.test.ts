/** A fast part of the random policies against packets: the whole is `npm run test:cluster:fuzz`. */
import { FAST } from '../fuzz/seeds.ts';
import { describePolicySets } from '../fuzz/suite.ts';
import { testNamespace } from './probe-cluster.ts';

describePolicySets({ prefix: testNamespace('fuzz'), seeds: FAST, minutes: 5 });
