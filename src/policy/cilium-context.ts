/** What is known while one rule of a Cilium policy is read. */
import type { Engine } from '../model.ts';
import type { AddressRange, NamespaceScope, PeerTerm, Selector } from './model.ts';
import type { Notebook } from './reading.ts';

/** A CiliumCIDRGroup: a list of ranges with a name and labels. */
export type CidrGroup = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ranges: readonly AddressRange[];
};

/**
 * A toRequires or fromRequires of some policy: whoever `namespaces` and `pods` select may use selectors of peers only for
 * peers that `then` matches too, in whatever policy they stand.
 */
export type Requirement = {
  readonly direction: 'egress' | 'ingress';
  readonly action: 'accept' | 'deny';
  readonly policy: string;
  readonly namespaces: NamespaceScope;
  readonly pods: Selector;
  readonly then: PeerTerm;
};

/** What all rules of all policies share. */
export type ReadingContext = {
  readonly engine: Engine;
  readonly groups: readonly CidrGroup[];
  readonly requirements: readonly Requirement[];
};

/** `refusals`: reasons for which Cilium's agent refuses the whole policy, in words. */
export type RuleContext = ReadingContext & {
  readonly direction: 'egress' | 'ingress';
  readonly action: 'accept' | 'deny';
  /** The policy's; null: cluster-wide. */
  readonly namespace: string | null;
  /** Whether the policy is for pods that are starting (`reserved:init`). */
  readonly forStartingPods: boolean;
  readonly notebook: Notebook;
  readonly refusals: string[];
};
