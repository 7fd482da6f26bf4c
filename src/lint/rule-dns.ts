/**
 * Egress that is allowed, but not to DNS: "the workload loses access to DNS, to the metrics sink, and to external APIs all
 * at once". UDP and TCP are told apart: answers that do not fit into a datagram are asked again over TCP (RFC 7766).
 */

import { coversAddress, readAddress } from '../policy/address.ts';
import { predictFlows } from '../policy/evaluate.ts';
import type { ClusterService, PeerTerm, Rule, Term } from '../policy/model.ts';
import { podName } from '../policy/packet.ts';
import { dnsRuleYaml } from './add-rule.ts';
import type { Finding, NotChecked, RuleAnswer, RuleId } from './finding.ts';
import { allowingRules, blamed, type Group, isolatedGroups } from './groups.ts';
import { isBare } from './rule-deny-alone.ts';
import type { PolicyEntry, World } from './world.ts';

const DNS_PORT = 53;
type Transport = 'UDP' | 'TCP';
const TRANSPORTS: readonly Transport[] = ['UDP', 'TCP'];

/** Finds pods whose egress is allowed somewhere, and not to port 53 over UDP, over TCP, or both. */
export function findMissingDns(world: World): RuleAnswer {
  const groups = isolatedGroups(world).filter(group => !isBare(group));
  const judged = groups.map(group => ({ group, entry: blamed(group), ...judge(group, world) }));
  const lacking = judged.filter(({ missing }) => missing.length > 0);
  const byFault = Map.groupBy(lacking, ({ entry, missing }) => `${entry?.name} ${missing.join()}`);
  const findings = [...byFault.values()].flatMap(same => {
    const [first] = same;
    if (first === undefined || first.entry === null) return [];
    return [finding(first.entry, first.missing, same, world)];
  });
  return { findings, notChecked: judged.flatMap(({ entry, open }) => notChecked(entry, open)) };
}

type Judged = {
  readonly missing: readonly Transport[];
  readonly open: readonly { readonly transport: Transport; readonly by: readonly string[] }[];
  /** The DNS Service that the rules of port 53 do not reach; null: no rule opens port 53 at all. */
  readonly unreached: string | null;
};

function judge(group: Group, world: World): Judged {
  const opens = (entries: readonly PolicyEntry[], transport: Transport) =>
    allowingRules(entries).filter(rule => mayMatchPort(rule, transport));
  const missing: Transport[] = [];
  const open: Judged['open'][number][] = [];
  let unreached: string | null = null;
  for (const transport of TRANSPORTS) {
    const certain = opens(group.certain, transport);
    const possible = group.possible.filter(entry => opens([entry], transport).length > 0);
    if (certain.length > 0) {
      const service = certain.some(reachesNodeLocal) ? null : deniedService(group, transport, world);
      if (service === null) continue;
      unreached = service;
      missing.push(transport);
    } else if (possible.length > 0) open.push({ transport, by: possible.map(({ name }) => name) });
    else missing.push(transport);
  }
  return { missing, open, unreached };
}

/** Whether a rule lets some packet to port 53 through; what cannot be read or resolved counts as may. */
function mayMatchPort(rule: Rule, transport: Transport): boolean {
  return rule.fields.every(({ negated, anyOf }) => negated || anyOf.some(term => mayBePort(term, transport)));
}

function mayBePort(term: Term, transport: Transport): boolean {
  const fits = (protocol: string) => protocol === 'any' || protocol === transport;
  switch (term.kind) {
    case 'ports':
      return fits(term.protocol) && term.first <= DNS_PORT && DNS_PORT <= term.last;
    case 'named-port':
    case 'protocol':
      return fits(term.protocol);
    case 'icmp':
    case 'nothing':
      return false;
    case 'left-to-engine':
      return fits(term.protocol) && term.first <= DNS_PORT && DNS_PORT <= term.last;
    default:
      return true;
  }
}

/** NodeLocal DNSCache listens there: https://kubernetes.io/docs/tasks/administer-cluster/nodelocaldns/ */
const NODE_LOCAL = readAddress('169.254.20.10');

function reachesNodeLocal({ fields }: Rule): boolean {
  return fields.some(({ negated, anyOf }) => !negated && anyOf.some(term => isNodeLocal(term as PeerTerm)));
}

function isNodeLocal(term: PeerTerm): boolean {
  // The whole internet is no word about the node's own cache.
  return (
    term.kind === 'ipBlock' &&
    NODE_LOCAL.kind === 'address' &&
    coversAddress(term.range, NODE_LOCAL.address) &&
    term.range.last - term.range.first < 1n << 24n
  );
}

/** Namespaces of the platform, where the cluster's DNS runs. */
const PLATFORM: ReadonlySet<string> = new Set(['kube-system', 'openshift-dns']);

/** The DNS Service that the rules certainly deny to a pod of the group; null: none, or no such Service is known. */
function deniedService({ pods: [pod] }: Group, transport: Transport, world: World): string | null {
  if (pod === undefined) return null;
  const services = [...world.cluster.services.values()].filter(each => isDns(each, transport));
  const decisions = services.map(service => {
    const name = `${service.namespace}/${service.name}`;
    const flows = predictFlows(world.book, world.cluster, {
      from: podName(pod),
      to: { kind: 'service', service: name },
      port: DNS_PORT,
      protocol: transport,
      icmpType: null,
      query: null,
      scope: 'egress',
    });
    return { name, denied: flows.length > 0 && flows.every(flow => flow.decision === 'deny') };
  });
  return decisions.length > 0 && decisions.every(({ denied }) => denied) ? (decisions[0]?.name ?? null) : null;
}

function isDns({ namespace, ports, endpoints }: ClusterService, transport: Transport): boolean {
  const serves = ports.some(({ port, protocol }) => port === DNS_PORT && protocol === transport);
  return PLATFORM.has(namespace) && serves && endpoints.length > 0;
}

const IDS: Readonly<Record<string, RuleId>> = {
  'UDP,TCP': 'dns-not-allowed',
  UDP: 'dns-udp-not-allowed',
  TCP: 'dns-tcp-not-allowed',
};

const EFFECTS: Readonly<Record<string, string>> = {
  'UDP,TCP':
    'No name can be resolved: what is allowed is out of reach by name, and the time-outs look like a dead network.',
  UDP: 'Resolvers ask over UDP first, so that names resolve late or not at all.',
  TCP: 'An answer that does not fit into a datagram is asked again over TCP: names with many addresses fail now and then, long after the policy was applied.',
};

function finding(
  { name, policy }: PolicyEntry,
  missing: readonly Transport[],
  groups: readonly { readonly group: Group; readonly unreached: string | null }[],
  world: World,
): Finding {
  const key = missing.join();
  const texts = [...new Set(groups.map(({ group }) => group.text))];
  const list = texts.length > 3 ? `${texts.slice(0, 3).join(', ')} and more` : texts.join(', ');
  const others = [...new Set(groups.flatMap(({ group }) => group.certain.map(each => each.name)))].filter(
    each => each !== name,
  );
  const together =
    others.length === 0 ? '' : ` (with ${others.slice(0, 3).join(', ')}${others.length > 3 ? ' and more' : ''})`;
  const unreached = groups.find(each => each.unreached !== null)?.unreached ?? null;
  const to = unreached === null ? 'port 53' : `the DNS Service ${unreached}`;
  return {
    rule: IDS[key] ?? 'dns-not-allowed',
    severity: 'warning',
    object: name,
    place: world.placeOf(name, ['spec', 'egress']),
    what: `It${together} shuts the egress of ${list}, and no rule opens ${to} over ${missing.join(' or ')}.`,
    why: EFFECTS[key] ?? '',
    fix: {
      text: `Allow port 53 over ${missing.join(' and ')} to the cluster's DNS; where it does not run as k8s-app=kube-dns in kube-system, name its own pods.`,
      yaml: dnsRuleYaml(policy.ref, missing),
    },
  };
}

function notChecked(entry: PolicyEntry | null, open: Judged['open']): readonly NotChecked[] {
  return open.map(({ transport, by }) => ({
    rule: IDS[transport] ?? 'dns-not-allowed',
    object: entry?.name ?? null,
    why: `whether each of its pods is also selected by ${by.join(' or ')}, which opens port 53 over ${transport}, is not known without the pods`,
  }));
}
