/** What the stages hand to one another before a verdict is written: the code, and what stands behind it. */
import type { Confidence, Layer, VerdictCode } from '../model.ts';
import type { AddressConclusion } from './conclude-address.ts';
import type { NameConclusion } from './conclude-name.ts';
import type { Expectation } from './expectation.ts';

/** One cause, before the words and symptoms of a verdict are put to it. */
export type Conclusion = {
  readonly code: VerdictCode;
  /** null exactly for not-known. */
  readonly confidence: Confidence | null;
  /** What the code speaks of: the way to the host, its name, the pod's proxy, the pod itself. */
  readonly about: 'destination' | 'name' | 'proxy' | 'pod';
  /** One line: what broke, where. */
  readonly summary: string;
  readonly layer: Layer | null;
  /** The flows whose deciding policies are the culprits, first cause first. Empty when no policy is the cause. */
  readonly culprits: readonly Expectation[];
  /** What will fail behind this cause, one sentence each. */
  readonly behind: readonly string[];
};

/** Everything that the stages found about the direct way: what symptoms and findings are told from. */
export type DirectWay = {
  readonly name: NameConclusion;
  readonly addresses: readonly AddressConclusion[];
};
