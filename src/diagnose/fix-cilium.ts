/**
 * A CiliumNetworkPolicy for the host by its name: the strictest that a cluster of Cilium has. A rule by name opens only
 * what Cilium learns from the pod's own lookups, so a DNS rule comes with it where none lets the name through.
 * https://docs.cilium.io/en/stable/security/policy/language/#dns-based
 */
import { predictFlows } from '../policy/evaluate.ts';
import { learnedNames } from '../policy/learned-names.ts';
import { type Draft, type FixKind, type Manifest, type Need, portText, type Situation } from './fix-kind.ts';
import { allowWords, proposedObject } from './fix-manifest.ts';
import { peerOfPod } from './fix-peers.ts';
import { type LabelSelector, type SubjectChoice, selectorManifest } from './fix-workload.ts';

/** toFQDNs for a host that was asked by name; entities for nodes, which no ipBlock means to Cilium. */
export const CILIUM_POLICY: FixKind = { name: 'CiliumNetworkPolicy', draft: draftCilium };

type Rule = Readonly<Record<string, unknown>>;
type Part = { readonly kind: 'rule'; readonly rule: Rule } | { readonly kind: 'not-applicable'; readonly why: string };

function draftCilium(situation: Situation, subject: SubjectChoice): Draft {
  const unfit = whyUnfit(situation);
  if (unfit !== null) return { kind: 'not-applicable', why: unfit };
  const destination = situation.needs.filter(need => need.purpose === 'destination');
  const byName = situation.host.kind === 'name' && destination.some(need => isOutside(need, situation));
  const parts = [
    ...(byName ? [{ kind: 'rule' as const, rule: nameRule(destination, situation) }] : []),
    ...destination.filter(need => !(byName && isOutside(need, situation))).map(need => plainRule(need, situation)),
    ...dnsRules(byName, situation),
  ];
  const failed = parts.find(part => part.kind === 'not-applicable');
  if (failed?.kind === 'not-applicable') return failed;
  const rules = parts.flatMap(part => (part.kind === 'rule' ? [part.rule] : []));
  const manifest = manifestOf(situation, subject.selector, distinct(rules));
  const dns = rules.some(rule => JSON.stringify(rule).includes('"dns"'))
    ? ', and the DNS rule by which Cilium learns its addresses'
    : '';
  const how = byName
    ? `CiliumNetworkPolicy with the host by name${dns}: stricter than any NetworkPolicy, which knows addresses alone`
    : 'CiliumNetworkPolicy, since to Cilium no ipBlock means a node';
  return { kind: 'draft', manifests: [manifest], how };
}

function whyUnfit(situation: Situation): string | null {
  const { book, objects, apis, needs, host } = situation;
  if (book.engine.name !== 'cilium') return 'the cluster does not run Cilium';
  const isServed =
    apis.some(api => api.group === 'cilium.io' && api.kind === 'CiliumNetworkPolicy') ||
    objects.some(each => each.kind === 'CiliumNetworkPolicy');
  if (!isServed) return 'the cluster does not serve CiliumNetworkPolicy';
  if (needs.some(need => need.side === 'ingress')) return 'the destination’s side denies it as well';
  const wants = needs.some(need => (host.kind === 'name' && isOutside(need, situation)) || isNode(need, situation));
  return wants ? null : 'a NetworkPolicy is as strict for it';
}

function isNode({ to }: Need, { cluster }: Situation): boolean {
  return to.kind === 'address' && cluster.nodesByAddress.has(to.address);
}

function isOutside(need: Need, situation: Situation): boolean {
  return need.purpose === 'destination' && need.to.kind === 'address' && !isNode(need, situation);
}

function nameRule(needs: readonly Need[], situation: Situation): Rule {
  const outside = needs.filter(need => isOutside(need, situation));
  const ports = [...new Set(outside.map(need => portText(need.port)))].map(text => portOf(text));
  const name = situation.host.kind === 'name' ? situation.host.name : situation.hostText;
  return { toFQDNs: [{ matchName: name }], toPorts: [{ ports }] };
}

function portOf(text: string): Rule {
  const [port, protocol] = text.split('/');
  return { port, protocol };
}

/** One rule for a pod, a node or an address. */
function plainRule(need: Need, situation: Situation): Part {
  const toPorts = [{ ports: [portOf(portText(need.port))] }];
  const peer = peerOf(need, situation);
  if (peer === null)
    return { kind: 'not-applicable', why: 'a pod of the destination has no label that lasts, so no rule can name it' };
  return { kind: 'rule', rule: { ...peer, toPorts } };
}

function peerOf(need: Need, { objects, cluster, target }: Situation): Rule | null {
  const { to } = need;
  if (to.kind === 'pod') {
    const peer = peerOfPod(to, objects);
    return peer === null || peer.kind !== 'pods' ? null : { toEndpoints: [inNamespace(peer.selector, peer.namespace)] };
  }
  const node = cluster.nodesByAddress.get(to.address);
  if (node === undefined) return { toCIDR: [`${to.address}/${to.address.includes(':') ? 128 : 32}`] };
  const servers = cluster.services.get('default/kubernetes')?.endpoints ?? [];
  if (servers.some(({ address }) => address === to.address)) return { toEntities: ['kube-apiserver'] };
  return { toEntities: [node.name === target.node ? 'host' : 'remote-node'] };
}

function inNamespace(selector: LabelSelector, namespace: string): Rule {
  const { matchLabels, matchExpressions } = selector;
  return {
    matchLabels: { ...matchLabels, 'k8s:io.kubernetes.pod.namespace': namespace },
    ...(matchExpressions.length > 0 && { matchExpressions }),
  };
}

/** A name nobody has: whether lookups pass whatever they ask for. https://www.rfc-editor.org/rfc/rfc6761#section-6.4 */
const ANY_OTHER_NAME = 'egress-probe.invalid';

/** What the lookup needs: nothing where it is let through already, and through the proxy if the host goes by name. */
function dnsRules(byName: boolean, situation: Situation): readonly Part[] {
  const { book, cluster, host, target } = situation;
  const denied = situation.needs.filter(need => need.purpose === 'dns');
  if (!byName) return denied.map(need => plainRule(need, situation));
  const pod = cluster.pods.get(`${target.namespace}/${target.pod}`);
  if (host.kind !== 'name' || pod === undefined) return [];
  if (denied.length === 0 && learnedNames(book, cluster, pod)(host.name).match === 'yes') return [];
  // The proxy refuses what no rule lists: pods that may ask for anything today must not lose that.
  const names = asksAnything(situation)
    ? [{ matchPattern: '*' }]
    : searchedNames(host.name, situation).map(matchName => ({ matchName }));
  return situation.lookups.map((need): Part => {
    const peer = peerOf(need, situation);
    if (peer === null)
      return { kind: 'not-applicable', why: 'the DNS server has no label that lasts, so no rule can name it' };
    const ports = ['UDP', 'TCP'].map(protocol => ({ port: String(need.port.port), protocol }));
    return { kind: 'rule', rule: { ...peer, toPorts: [{ ports, rules: { dns: names } }] } };
  });
}

function asksAnything({ lookupRequests, book, cluster }: Situation): boolean {
  return lookupRequests.some(({ request }) =>
    predictFlows(book, cluster, { ...request, query: ANY_OTHER_NAME }, 'dns').some(flow => flow.decision !== 'deny'),
  );
}

/**
 * The names that the pod's resolver asks for on the way to this one: a refusal of one of them ends the lookup in some
 * resolvers. https://man7.org/linux/man-pages/man5/resolv.conf.5.html (search, ndots)
 */
function searchedNames(name: string, { target }: Situation): readonly string[] {
  const cluster = ['svc.cluster.local', 'cluster.local'];
  const { searches, ndots } = target.dns.resolvConf ?? {
    searches: [`${target.namespace}.svc.cluster.local`, ...cluster],
    ndots: 5,
  };
  const isAbsolute = name.split('.').length - 1 >= ndots;
  return [name, ...(isAbsolute ? [] : searches.map(search => `${name}.${search}`))];
}

function distinct(rules: readonly Rule[]): readonly Rule[] {
  return [...new Map(rules.map(rule => [JSON.stringify(rule), rule])).values()];
}

function manifestOf(situation: Situation, subject: LabelSelector, egress: readonly Rule[]): Manifest {
  return proposedObject(
    situation,
    {
      apiVersion: 'cilium.io/v2',
      kind: 'CiliumNetworkPolicy',
      namespace: situation.target.namespace,
      words: allowWords(situation),
    },
    { endpointSelector: selectorManifest(subject), egress },
  );
}
