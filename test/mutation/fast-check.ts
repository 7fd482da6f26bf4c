/**
 * What the laws import as `fast-check` during mutation testing: few inputs, the same ones for every mutant, and no
 * search for the smallest counterexample, because only the failure counts.
 */
import fc from 'fast-check';
import { isHeavy, runningFile } from './suite.ts';

export * from 'fast-check';

/** Inputs of one law: a mutant that survives pays for all laws, and some count that they saw enough different cases. */
const MOST = 100;
const MOST_OF_HEAVY = 20;

const assert = (property: fc.IRawProperty<unknown>, given: fc.Parameters<unknown> = {}) =>
  fc.assert(property as fc.IProperty<[unknown]>, {
    ...(given as fc.Parameters<[unknown]>),
    numRuns: Math.min(given.numRuns ?? MOST, isHeavy(runningFile()) ? MOST_OF_HEAVY : MOST),
    seed: 1,
    endOnFailure: true,
  });

export default { ...fc, assert };
