/** The symptoms that one cause accounts for, one sentence each: so that a report never lists ten of one policy. */
import type { Vantage } from '../model.ts';
import { isClusterCut } from './cause.ts';
import { compareProxy } from './comparison.ts';
import type { AddressConclusion } from './conclude-address.ts';
import { comparableLookup } from './conclude-name.ts';
import { proxyInUse, proxyName } from './conclude-proxy.ts';
import type { Conclusion, DirectWay } from './conclusion.ts';
import { expectationOf } from './expectation.ts';
import type { VerdictFacts } from './facts.ts';
import { describeLookup, lookedUpName, lookupOver } from './lookup.ts';
import { describeReach, isFailing, type Reach } from './reach.ts';
import { destinationText, endText, listed, policiesOf, sentence, vantageText } from './wording.ts';

/** Lists what the conclusion explains away. Empty where nothing fails, or nothing was seen to fail. */
export function symptomsOf(facts: VerdictFacts, conclusion: Conclusion, way: DirectWay): readonly string[] {
  switch (conclusion.code) {
    case 'denied-by-policy':
    case 'partly-denied':
    case 'denied-by-mesh':
    case 'dns-denied-by-policy':
    case 'fqdn-not-learned':
      return [...ownSymptoms(facts, conclusion, way), ...contrast(conclusion, way)];
    case 'dropped-unexplained':
      return [...unexplainedSymptoms(facts, conclusion, way), ...contrast(conclusion, way)];
    case 'denied-by-cloud':
      return [...ownSymptoms(facts, conclusion, way), ...hostSymptoms(way, ['control', 'node'])];
    case 'refused-by-host':
    case 'blocked-beyond-node':
    case 'tls-failed':
    case 'source-not-allowlisted':
    case 'partly-reachable':
      return conclusion.about === 'proxy'
        ? proxySymptoms(facts)
        : [...hostSymptoms(way, ['pod', 'control', 'node']), ...outsideWorks(way)];
    case 'no-common-address-family':
      return hostSymptoms(way, ['pod']);
    case 'name-not-resolved':
      return nameSymptoms(facts, way);
    case 'proxy-misconfigured':
      return proxySymptoms(facts);
    case 'pod-not-running':
      return ['No probe could run in the pod.'];
    case 'reachable':
    case 'policy-not-enforced':
    case 'not-known':
      return [];
    default:
      return conclusion.code satisfies never;
  }
}

/** What the pod suffers from the deciding policies: its lookups, the API server, the addresses. */
function ownSymptoms(facts: VerdictFacts, conclusion: Conclusion, way: DirectWay): readonly string[] {
  const culprits = new Set(policiesOf(conclusion.culprits));
  const isBy = (policies: readonly string[]): boolean => policies.some(policy => culprits.has(policy));
  const denied = way.addresses.filter(each => isBy(each.row.expected.deniedBy));
  return [
    ...lookupSymptoms(facts, protocol => isBy(expectationOf(facts, 'dns', protocol).deniedBy)),
    ...(isBy(expectationOf(facts, 'cluster').deniedBy) ? clusterSymptom(facts) : []),
    ...(conclusion.about === 'proxy' ? proxySymptoms(facts) : addressSymptoms(denied, 'pod')),
  ];
}

/** A drop that no rule explains takes everything with it that is dropped and that no rule denies. */
function unexplainedSymptoms(facts: VerdictFacts, conclusion: Conclusion, way: DirectWay): readonly string[] {
  if (conclusion.about === 'proxy') return proxySymptoms(facts);
  return [
    ...lookupSymptoms(facts, protocol => expectationOf(facts, 'dns', protocol).decision !== 'deny'),
    ...(expectationOf(facts, 'cluster').decision === 'deny' ? [] : clusterSymptom(facts)),
    ...addressSymptoms(way.addresses, 'pod'),
  ];
}

function lookupSymptoms(facts: VerdictFacts, isAccountedFor: (protocol: 'UDP' | 'TCP') => boolean): readonly string[] {
  const names = [proxyInUse(facts)?.host ?? null, lookedUpName(facts)].filter(name => name !== null);
  return [...new Set(names)].flatMap(name =>
    (['UDP', 'TCP'] as const).flatMap(protocol => {
      const seen = lookupOver(facts, 'pod', name, protocol);
      const isSilenced = seen.kind === 'unanswered' || (seen.kind === 'negative' && seen.rcode === 'REFUSED');
      return isSilenced && isAccountedFor(protocol)
        ? [`From the pod, the lookup of ${name} over ${protocol} ${describeLookup(seen)}.`]
        : [];
    }),
  );
}

function clusterSymptom(facts: VerdictFacts): readonly string[] {
  const wasTried = facts.observations.some(
    seen =>
      seen.vantage === 'pod' &&
      seen.layer === 'cluster' &&
      seen.sibling === undefined &&
      seen.outcome.kind !== 'not-run',
  );
  return wasTried && isClusterCut(facts) === true ? ['From the pod, kubernetes.default cannot be reached either.'] : [];
}

/** One sentence for each kind of failure, with the addresses that show it. */
function addressSymptoms(
  addresses: readonly AddressConclusion[],
  vantage: Exclude<Vantage, 'outside'>,
): readonly string[] {
  const byText = new Map<string, string[]>();
  for (const { row } of addresses) {
    const reach: Reach = row[vantage];
    if (!isFailing(reach)) continue;
    const text = describeReach(reach);
    byText.set(text, [...(byText.get(text) ?? []), row.address ?? 'the destination']);
  }
  return [...byText].map(([text, at]) => sentence(`from ${vantageText(vantage)}, ${listed(at)}: ${text}`));
}

/** Who gets through, and so makes the cause the pod's own. */
function contrast(conclusion: Conclusion, way: DirectWay): readonly string[] {
  if (conclusion.about === 'proxy') return [];
  const works = (['control', 'node'] as const).filter(vantage =>
    way.addresses.some(each => each.row[vantage].kind === 'connected'),
  );
  if (works.length === 0) return [];
  const who = listed(works.map(vantageText));
  return [
    sentence(
      `${who} ${works.length === 1 ? 'gets' : 'get'} through to the same addresses, so the host and the network beyond the node work`,
    ),
  ];
}

function hostSymptoms(way: DirectWay, vantages: readonly Exclude<Vantage, 'outside'>[]): readonly string[] {
  return vantages.flatMap(vantage => addressSymptoms(way.addresses, vantage));
}

function outsideWorks(way: DirectWay): readonly string[] {
  const works = way.addresses.some(each => each.row.outside.kind === 'connected');
  return works ? ['From elsewhere the host answers: the service is up, and the way from this cluster is not.'] : [];
}

function nameSymptoms(facts: VerdictFacts, way: DirectWay): readonly string[] {
  const own = lookupSymptoms(facts, () => true);
  const name = way.name.kind === 'fails' ? way.name.name : lookedUpName(facts);
  if (name === null) return own;
  const others = (['control', 'node'] as const).flatMap(vantage => {
    const seen = comparableLookup(facts, vantage, name);
    return seen.kind === 'answered' || seen.kind === 'not-looked'
      ? []
      : [sentence(`from ${vantageText(vantage)}, ${name} ${describeLookup(seen)}`)];
  });
  const untried = way.addresses.every(each => each.row.address === null);
  return [
    ...own,
    ...others,
    ...(untried ? [`No connection to ${destinationText(facts)} could be tried: no address is known.`] : []),
  ];
}

function proxySymptoms(facts: VerdictFacts): readonly string[] {
  const proxy = proxyInUse(facts);
  if (proxy === null) return [];
  const { pod } = compareProxy(facts);
  const connect = isFailing(pod)
    ? [sentence(`from the pod, ${endText(proxy.host, proxy.port)}: ${describeReach(pod)}`)]
    : [];
  const name = proxyName(facts, proxy);
  const lookup = name.kind === 'fails' ? [sentence(`the proxy's name ${proxy.host} ${describeLookup(name.seen)}`)] : [];
  return [...lookup, ...connect, `Every request of the pod for ${destinationText(facts)} takes this way.`];
}
