/** What is worth saying beside the cause: what waits behind it, what was no comparison, what was taken for granted. */
import type { Finding } from '../model.ts';
import { controlExpectation } from './comparison.ts';
import { expectedControlLookup, expectedLookup } from './conclude-name.ts';
import { proxyInUse } from './conclude-proxy.ts';
import type { Conclusion, DirectWay } from './conclusion.ts';
import { disagreementsOf } from './disagreement.ts';
import { expectationOf } from './expectation.ts';
import type { VerdictFacts } from './facts.ts';
import { describeLookup, isInHostsFile, lookedUpName, lookupOver } from './lookup.ts';
import { observationsFrom, reachOf } from './reach.ts';
import { siblingFindings } from './siblings.ts';
import { vantageFindings } from './vantages.ts';
import { denyText, destinationText, listed, sentence } from './wording.ts';

/** Lists the findings of a conclusion, the most urgent first. */
export function findingsOf(facts: VerdictFacts, conclusion: Conclusion, way: DirectWay): readonly Finding[] {
  return [
    ...disagreementsOf(facts, way),
    ...conclusion.behind.map(text => finding('still-fails-after-fix', text)),
    ...changedFindings(facts),
    ...controlFindings(facts),
    ...vantageFindings(way, conclusion),
    ...siblingFindings(facts),
    ...tcpLookupFindings(facts, way),
    ...(conclusion.about === 'proxy' ? [] : answerFindings(way)),
    ...proxyFindings(facts, conclusion),
    ...placeFindings(facts),
    ...unknownFindings(facts, conclusion, way),
    ...assumptionFindings(facts, conclusion),
  ];
}

function finding(kind: Finding['kind'], text: string): Finding {
  return { kind, text: sentence(text) };
}

function changedFindings(facts: VerdictFacts): readonly Finding[] {
  return facts.changedMeanwhile.map(policy => finding('policy-changed', `${policy} changed while it was looked`));
}

/** A control pod that the rules deny too is no control. */
function controlFindings(facts: VerdictFacts): readonly Finding[] {
  const destination = controlExpectation(facts);
  const lookup = expectedControlLookup(facts);
  const denied = [
    ...(destination.decision === 'deny' || destination.decision === 'mixed'
      ? [`the connection (by ${listed(destination.deniedBy)})`]
      : []),
    ...(lookup.decision === 'deny' || lookup.decision === 'mixed'
      ? [`the lookup (by ${listed(lookup.deniedBy)})`]
      : []),
  ];
  return denied.length === 0
    ? []
    : [
        finding(
          'control-is-no-control',
          `the rules deny the control pod ${listed(denied)} as well: it is not compared with`,
        ),
      ];
}

/** Large answers come over TCP; a pod that can ask over UDP alone loses those. RFC 7766 section 5 */
function tcpLookupFindings(facts: VerdictFacts, way: DirectWay): readonly Finding[] {
  if (way.name.kind === 'denied' || way.name.kind === 'no-name') return [];
  const overTcp = expectationOf(facts, 'dns', 'TCP');
  const name = lookedUpName(facts);
  if (overTcp.decision === 'deny' && expectedLookup(facts).decision !== 'deny') {
    return [
      finding(
        'tcp-dns',
        `${denyText(overTcp.deniedBy)} DNS over TCP, and not over UDP: answers too large for UDP will fail`,
      ),
    ];
  }
  if (name !== null && isInHostsFile(facts, name)) {
    return [finding('other', `the pod's own /etc/hosts has ${name}: what its resolver says does not count`)];
  }
  if (name === null || lookupOver(facts, 'pod', name, 'UDP').kind !== 'answered') return [];
  const seen = lookupOver(facts, 'pod', name, 'TCP');
  return seen.kind === 'unanswered'
    ? [
        finding(
          'tcp-dns',
          `over UDP ${name} resolves, over TCP its lookup ${describeLookup(seen)}: answers too large for UDP will fail`,
        ),
      ]
    : [];
}

/** The host answered, and not as one would wish. */
function answerFindings(way: DirectWay): readonly Finding[] {
  return way.addresses.flatMap(({ row }) => {
    const { pod } = row;
    const at = row.address ?? 'the host';
    if (pod.kind === 'inconclusive' && pod.by === 'udp-silence') return [finding('no-answer', `${at}: ${pod.why}`)];
    if (pod.kind === 'inconclusive') return [finding('sidecar', `${at}: ${pod.why}`)];
    if (pod.kind !== 'connected') return [];
    if (pod.after === 'silence')
      return [
        finding(
          'no-answer',
          `${at} accepts the connection and then sends nothing for ${pod.waitedMs} ms (${pod.layer})`,
        ),
      ];
    if (pod.after === 'reset') return [finding('no-answer', `${at} accepts the connection and then resets it`)];
    return pod.status !== null && pod.status >= 400
      ? [
          finding(
            'status',
            `${at} answers with HTTP status ${pod.status}: the host is reached, and it is the host that says so`,
          ),
        ]
      : [];
  });
}

function proxyFindings(facts: VerdictFacts, conclusion: Conclusion): readonly Finding[] {
  const settings = facts.target.proxy;
  if (settings.kind === 'unknown') {
    return [finding('proxy', `whether the pod uses a proxy is not known (${settings.why}): the direct way was judged`)];
  }
  if (settings.kind === 'set' && settings.uses === null && settings.exemptedBy !== null) {
    return [
      finding(
        'proxy',
        `the pod has a proxy, and ${settings.exemptedBy} exempts this destination: the direct way counts`,
      ),
    ];
  }
  const proxy = proxyInUse(facts);
  if (proxy === null) return [];
  const direct = expectationOf(facts, 'destination');
  const closed =
    direct.decision === 'deny'
      ? [
          finding(
            'proxy',
            `the direct way to ${destinationText(facts)} is denied by ${listed(direct.deniedBy)}; the pod goes through its proxy, and that denial may be on purpose`,
          ),
        ]
      : [];
  return [...closed, ...proxiedAnswer(facts, conclusion)];
}

function proxiedAnswer(facts: VerdictFacts, conclusion: Conclusion): readonly Finding[] {
  if (conclusion.code === 'reachable') {
    const reach = reachOf(observationsFrom(facts, 'pod', 'proxy'), false);
    if (reach.kind !== 'connected' || reach.status === null || reach.status < 400) return [];
    return [finding('status', `through the proxy, the host answers with HTTP status ${reach.status}`)];
  }
  if (conclusion.code !== 'proxy-misconfigured') return [];
  const node = reachOf(observationsFrom(facts, 'node', 'direct'), false);
  return node.kind === 'blocked'
    ? [
        finding(
          'proxy',
          `without the proxy the node does not get through either (${node.text}): the host may be down, or only the proxy may leave`,
        ),
      ]
    : [];
}

function placeFindings(facts: VerdictFacts): readonly Finding[] {
  const { hostNetwork, sidecars } = facts.target;
  return [
    ...(hostNetwork
      ? [
          finding(
            'host-network',
            "the pod uses its node's network: most engines do not act on such pods, whatever their policies say",
          ),
        ]
      : []),
    ...(sidecars.length > 0
      ? [
          finding(
            'sidecar',
            `the sidecar ${listed(sidecars)} accepts every connect itself: a connection counts only from TLS on`,
          ),
        ]
      : []),
  ];
}

/** Rules that could not be judged stay named beside what was observed. */
function unknownFindings(facts: VerdictFacts, conclusion: Conclusion, way: DirectWay): readonly Finding[] {
  if (conclusion.code === 'not-known') return [];
  const expected = conclusion.about === 'proxy' ? expectationOf(facts, 'proxy') : null;
  const unknowns = expected?.unknowns ?? way.addresses.flatMap(each => each.row.expected.unknowns);
  const unique = [...new Set(unknowns)];
  return unique.length === 0 ? [] : [finding('other', `what the rules say of this is not known: ${listed(unique)}`)];
}

function assumptionFindings(facts: VerdictFacts, conclusion: Conclusion): readonly Finding[] {
  const isNobody =
    facts.engine.name === 'none' && conclusion.culprits.length > 0 && conclusion.confidence === 'predicted';
  const own = facts.prediction.flows.filter(
    flow => flow.purpose === 'destination' || flow.purpose === 'dns' || flow.purpose === 'proxy',
  );
  return [
    ...(isNobody
      ? [
          finding(
            'assumption',
            `policies are taken to be enforced, though nothing was found that does (${facts.engine.evidence})`,
          ),
        ]
      : []),
    ...[...new Set(own.flatMap(flow => flow.assumptions))].map(text => finding('assumption', text)),
  ];
}
