/** Policies that nothing here enforces: written for another network plugin than the one that is there. */

import { engineText } from '../policy/departures.ts';
import { kindKey } from '../policy/kinds.ts';
import { identityOf, objectName } from '../policy/reading.ts';
import type { Finding, RuleAnswer } from './finding.ts';
import type { World } from './world.ts';

/** Finds objects of kinds that the engine of this cluster does not enforce; staged kinds are meant to change nothing. */
export function findForeignPolicies(world: World): RuleAnswer {
  const foreign = world.input.sources
    .flatMap(source => source.objects)
    .flatMap(object => {
      const identity = identityOf(object);
      if (identity === null || identity.name === null) return [];
      const entry = world.book.coverage.find(each => each.kind === kindKey(identity));
      const byOwner = whyForeign(identity.group, world);
      const why = entry?.status === 'not-enforced' ? (entry.why ?? '') : byOwner;
      if (why === null || /^Staged/.test(identity.kind)) return [];
      return isPolicy(identity.kind) ? [{ name: objectName(object), kind: kindKey(identity), why }] : [];
    });
  if (world.engineIsKnown) return { findings: foreign.map(each => finding(each, world)), notChecked: [] };
  const special = world.input.sources
    .flatMap(source => source.objects)
    .some(object => OWNERS.some(({ group }) => group.test(identityOf(object)?.group ?? '')));
  const why =
    'which network plugin enforces policies is not known: no DaemonSet of one is among the objects (--engine NAME@VERSION tells)';
  return { findings: [], notChecked: special ? [{ rule: 'engine-absent', object: null, why }] : [] };
}

/** Groups of kinds that only some engines know. https://docs.cilium.io, https://docs.tigera.io, https://antrea.io/docs, ... */
const OWNERS: readonly { readonly group: RegExp; readonly engines: readonly string[] }[] = [
  { group: /^cilium\.io$/, engines: ['cilium', 'gke-dataplane-v2'] },
  { group: /(^|\.)projectcalico\.org$/, engines: ['calico'] },
  { group: /^crd\.antrea\.io$/, engines: ['antrea'] },
  { group: /^k8s\.ovn\.org$/, engines: ['ovn-kubernetes'] },
  { group: /^networking\.gke\.io$/, engines: ['gke-dataplane-v2'] },
  { group: /^networking\.k8s\.aws$/, engines: ['aws-vpc-cni'] },
];

function whyForeign(group: string, { book, engineIsKnown }: World): string | null {
  const owner = OWNERS.find(each => each.group.test(group));
  if (owner === undefined || !engineIsKnown || owner.engines.includes(book.engine.name)) return null;
  return `only ${owner.engines.join(' and ')} ${owner.engines.length === 1 ? 'knows' : 'know'} this kind`;
}

/** Of the kinds of an engine, those that somebody writes to have traffic allowed or denied. */
function isPolicy(kind: string): boolean {
  return /Polic(y|ies)$|EgressFirewall$/.test(kind);
}

function finding(
  { name, kind, why }: { readonly name: string; readonly kind: string; readonly why: string },
  world: World,
): Finding {
  const { engine } = world.book;
  return {
    rule: 'engine-absent',
    severity: 'error',
    object: name,
    place: world.placeOf(name),
    what: `Nothing here enforces ${kind}: policies are enforced by ${engineText(engine)} (${engine.evidence}), and ${why}.`,
    why: 'The policy looks as if it protected something, and it changes nothing.',
    fix: {
      text: `Write it in a kind that ${engine.name === 'none' ? 'a network plugin' : engine.name} enforces, or delete it.`,
      yaml: null,
    },
  };
}
