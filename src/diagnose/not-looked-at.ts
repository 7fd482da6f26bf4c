/** What the answer does not rest on, each named with its reason: nothing that was left out goes unsaid. */
import type { NotLookedAt, Observation, Vantage } from '../model.ts';
import { compareAddresses } from './comparison.ts';
import { expectedLookup } from './conclude-name.ts';
import { proxyInUse } from './conclude-proxy.ts';
import { expectationOf } from './expectation.ts';
import type { VerdictFacts } from './facts.ts';
import { familiesOf } from './flows.ts';
import { lookedUpName } from './lookup.ts';
import { vantageText } from './wording.ts';

/**
 * Lists everything that was not looked at: vantages, layers, rules, settings, addresses.
 * @param missing core lists of the API server that were refused or failed, e.g. `pods`
 */
export function collectNotLookedAt(
  facts: VerdictFacts,
  missing: readonly { readonly what: string; readonly why: string }[] = [],
): readonly NotLookedAt[] {
  return [
    ...vantagesNotRun(facts),
    ...layersNotRun(facts),
    ...addressesNotTried(facts),
    ...rulesNotEvaluated(facts),
    ...missing.map(({ what, why }) => ({ what, why })),
    ...proxySettings(facts),
    ...lookupNotJudged(facts),
    ...siblingsNotProbed(facts),
    ...otherFamily(facts),
    { what: 'cloud rules', why: 'security groups, network ACLs, routes and NAT addresses of the cloud are not read' },
  ];
}

const VANTAGES: readonly Vantage[] = ['pod', 'control', 'node', 'outside'];

function vantagesNotRun(facts: VerdictFacts): readonly NotLookedAt[] {
  return VANTAGES.flatMap(vantage => {
    const report = facts.vantages.find(each => each.vantage === vantage);
    if (report?.status === 'probed') return [];
    const why = report === undefined ? unaskedReason(facts, vantage) : report.why;
    return [{ what: `from ${vantageText(vantage)}`, why }];
  });
}

function unaskedReason(facts: VerdictFacts, vantage: Vantage): string {
  if (!facts.question.vantages.includes(vantage)) return 'not asked for';
  return vantage === 'node' && facts.target.node === null ? 'the pod is on no node' : 'no probe ran there';
}

/** One line for each vantage, layer and reason: eight addresses without a tool are one gap. */
function layersNotRun(facts: VerdictFacts): readonly NotLookedAt[] {
  const lines = facts.observations.flatMap(seen =>
    seen.outcome.kind === 'not-run' ? [layerGap(seen, seen.outcome.why)] : [],
  );
  return [...new Map(lines.map(line => [`${line.what} ${line.why}`, line])).values()];
}

function layerGap(seen: Observation, why: string): NotLookedAt {
  const place = seen.sibling === undefined ? vantageText(seen.vantage) : `sibling ${seen.sibling}`;
  const via = seen.via === 'proxy' ? ' through the proxy' : '';
  const transport = seen.layer === 'dns' ? ` over ${seen.protocol}` : '';
  return { what: `${seen.layer}${transport}${via} from ${place}`, why };
}

function addressesNotTried(facts: VerdictFacts): readonly NotLookedAt[] {
  const wasProbed = facts.vantages.some(each => each.vantage === 'pod' && each.status === 'probed');
  if (!wasProbed) return [];
  const families = familiesOf(facts.target);
  return compareAddresses(facts).flatMap(row => {
    if (row.address === null || row.pod.kind !== 'not-looked') return [];
    const isOther = families.size > 0 && !families.has(row.address.includes(':') ? 'IPv6' : 'IPv4');
    return isOther ? [] : [{ what: `${row.address} from the pod`, why: row.pod.why }];
  });
}

function rulesNotEvaluated(facts: VerdictFacts): readonly NotLookedAt[] {
  return facts.coverage.flatMap(({ kind, status, why }) => {
    switch (status) {
      case 'forbidden':
        return [{ what: kind, why: `not permitted to list: ${why ?? 'no reason given'}` }];
      case 'unsupported':
        return [{ what: kind, why: `not evaluated: ${why ?? 'no reason given'}` }];
      case 'evaluated':
      case 'absent':
      case 'never-decides':
      case 'not-enforced':
        return [];
      default:
        return status satisfies never;
    }
  });
}

function proxySettings(facts: VerdictFacts): readonly NotLookedAt[] {
  const { proxy } = facts.target;
  if (proxy.kind === 'unknown') return [{ what: 'proxy settings of the pod', why: proxy.why }];
  return proxyInUse(facts) === null
    ? []
    : [{ what: 'rules between the proxy and the host', why: "the proxy's own policies and firewalls are not known" }];
}

function lookupNotJudged(facts: VerdictFacts): readonly NotLookedAt[] {
  if (lookedUpName(facts) === null) return [];
  const gaps: NotLookedAt[] = [];
  if (facts.target.dns.resolvConf === null)
    gaps.push({
      what: "the pod's resolv.conf",
      why: 'no probe read it: its nameservers are taken from its DNS policy',
    });
  if (expectedLookup(facts).decision === 'not-judged')
    gaps.push({ what: 'rules for the lookup', why: 'the nameservers of the pod are not known' });
  return gaps;
}

function siblingsNotProbed(facts: VerdictFacts): readonly NotLookedAt[] {
  const probed = new Set(facts.observations.flatMap(seen => (seen.sibling === undefined ? [] : [seen.sibling])));
  const left = facts.target.siblings.filter(sibling => !probed.has(sibling.pod)).length;
  return left === 0
    ? []
    : [
        {
          what: `${left} ${left === 1 ? 'sibling' : 'siblings'} with the same labels`,
          why: 'probed only with --siblings',
        },
      ];
}

/** Addresses that the pod cannot use were judged by nobody. */
function otherFamily(facts: VerdictFacts): readonly NotLookedAt[] {
  const families = familiesOf(facts.target);
  const [only] = families;
  if (families.size !== 1 || only === undefined) return [];
  const flows = expectationOf(facts, 'destination').flows.flatMap(flow =>
    flow.address === null ? [] : [flow.address],
  );
  const known = facts.host.kind === 'address' ? [] : facts.host.addresses;
  const others = [...new Set([...known, ...flows])].filter(
    address => (address.includes(':') ? 'IPv6' : 'IPv4') !== only,
  );
  return others.length === 0
    ? []
    : [
        {
          what: `the host's ${only === 'IPv4' ? 'IPv6' : 'IPv4'} addresses (${others.join(', ')})`,
          why: `the pod has only ${only}`,
        },
      ];
}
