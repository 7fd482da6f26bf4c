/** Codes that need to know more than allow or deny: which layer's rule denies, a name not learned, a list of sources. */
import type { Confidence } from '../model.ts';
import type { Conclusion, DirectWay } from './conclusion.ts';
import { joinFlows } from './expectation.ts';
import type { VerdictFacts } from './facts.ts';
import { isFailing } from './reach.ts';
import { policiesOf } from './wording.ts';

/** Narrows a conclusion by the facts beside the decision; returns it as it is where none of them speaks. */
export function refineConclusion(facts: VerdictFacts, conclusion: Conclusion, way: DirectWay): Conclusion {
  return sourceNotListed(facts, nameNotLearned(facts, layerOfDenial(facts, conclusion), way), way);
}

/** A denial by policies stays one where a policy takes part: it is the one that the pod's owners can mend. */
function layerOfDenial(facts: VerdictFacts, conclusion: Conclusion): Conclusion {
  if (conclusion.code !== 'denied-by-policy') return conclusion;
  const layers = new Set(policiesOf(conclusion.culprits).map(policy => facts.culprit(policy).layer));
  if (layers.size === 0 || layers.has('policy')) return conclusion;
  if (layers.has('mesh')) return { ...conclusion, code: 'denied-by-mesh' };
  // The cloud's rules hold for the node too: that it fails is the same cause, not what waits behind it.
  return { ...conclusion, code: 'denied-by-cloud', behind: [] };
}

/**
 * A rule by name would allow it, had its engine seen the name's lookup. That is the cause as well where the lookup itself is
 * denied: a rule by name without a DNS rule for the name opens nothing.
 */
function nameNotLearned(facts: VerdictFacts, conclusion: Conclusion, way: DirectWay): Conclusion {
  const { unlearned } = facts;
  if (unlearned === null || conclusion.about !== 'destination') return conclusion;
  // Where its lookup is seen to fail, the cause is seen, though no address could be tried.
  const isLookupSeen = way.name.kind === 'denied' && way.name.confidence !== 'predicted';
  const isSeen = isLookupSeen || way.addresses.some(each => isFailing(each.row.pod));
  switch (conclusion.code) {
    case 'denied-by-policy':
    case 'partly-denied':
    case 'dropped-unexplained':
    case 'not-known': {
      const denied = conclusion.code === 'denied-by-policy' || conclusion.code === 'partly-denied';
      const confidence: Confidence = isSeen ? (denied ? 'confirmed' : 'observed') : 'predicted';
      const summary = `${unlearned.policy} allows ${unlearned.name} by name, and its engine has not learned the address: ${unlearned.why}`;
      const culprits = denied ? conclusion.culprits : [joinFlows([])];
      return { ...conclusion, code: 'fqdn-not-learned', confidence, summary, layer: 'dns', culprits };
    }
    case 'reachable':
    case 'dns-denied-by-policy':
    case 'partly-reachable':
    case 'fqdn-not-learned':
    case 'name-not-resolved':
    case 'no-common-address-family':
    case 'refused-by-host':
    case 'blocked-beyond-node':
    case 'denied-by-cloud':
    case 'source-not-allowlisted':
    case 'tls-failed':
    case 'proxy-misconfigured':
    case 'denied-by-mesh':
    case 'policy-not-enforced':
    case 'pod-not-running':
      return conclusion;
    default:
      return conclusion.code satisfies never;
  }
}

/** Statuses by which a host turns away a caller that it does not know. RFC 9110 sections 15.5.2 and 15.5.4 */
const TURNED_AWAY: ReadonlySet<number> = new Set([401, 403]);

/** The host turns the pod away, and a known list says that the pod's address is not on it. */
function sourceNotListed(facts: VerdictFacts, conclusion: Conclusion, way: DirectWay): Conclusion {
  const { allowlist } = facts;
  if (allowlist?.listed !== 'no' || conclusion.about !== 'destination') return conclusion;
  const isTurnedAway = way.addresses.some(
    ({ row: { pod } }) => pod.kind === 'connected' && pod.status !== null && TURNED_AWAY.has(pod.status),
  );
  const isReset = way.addresses.some(
    ({ row: { pod } }) => pod.kind === 'tls-failed' && (pod.why === 'reset' || pod.why === 'closed'),
  );
  const isCutOff = conclusion.code === 'blocked-beyond-node' || conclusion.code === 'refused-by-host';
  if (
    !isCutOff &&
    !(conclusion.code === 'reachable' && isTurnedAway) &&
    !(conclusion.code === 'tls-failed' && isReset)
  ) {
    return conclusion;
  }
  const summary = `the host sees this pod as ${allowlist.seenAs}, which is not on its list of sources (${allowlist.list})`;
  return { ...conclusion, code: 'source-not-allowlisted', summary, layer: isTurnedAway ? 'http' : 'tcp' };
}
