/**
 * Which names Cilium has learned. A rule by name opens only addresses that the DNS proxy saw in an answer, and only lookups
 * that a DNS rule covers pass the proxy; what one pod's lookup taught counts for every pod of its node (measured with
 * 1.15). https://docs.cilium.io/en/stable/security/dns/
 */
import { askDnsProxy, hasDnsProxy, type ProxyAnswer } from './dns-proxy.ts';
import type { ClusterPod, ClusterService, ClusterState, FlowRequest, Match, RuleBook } from './model.ts';
import { podName } from './packet.ts';
import { judgeSide } from './side.ts';
import { translate } from './translate.ts';

/** Whether a name is learned for one pod, and what had to be assumed to say so. */
export type Learning = Match & { readonly assumption: string | null };

const DNS_PORT = 53;

/** Tells of one pod which names its node's Cilium has learned; each is worked out once. */
export function learnedNames(book: RuleBook, cluster: ClusterState, pod: ClusterPod): (name: string) => Learning {
  const known = new Map<string, Learning>();
  return name => {
    const found = known.get(name) ?? learn(name, book, cluster, pod);
    known.set(name, found);
    return found;
  };
}

function learn(name: string, book: RuleBook, cluster: ClusterState, pod: ClusterPod): Learning {
  const own = lookup(name, book, cluster, pod);
  if (own.match === 'yes') return own;
  const others = neighbours(cluster, pod, name);
  const teacher = others.known.find(each => lookup(name, book, cluster, each).match === 'yes');
  if (teacher !== undefined) {
    const why = `${name} is learned: pod ${podName(teacher)} on the same node looked it up through the DNS proxy`;
    return say('yes', why);
  }
  if (own.match === 'unknown') return own;
  const perhaps = others.known.map(each => lookup(name, book, cluster, each)).find(({ match }) => match === 'unknown');
  if (perhaps !== undefined) return perhaps;
  const could = others.possible.find(each => lookup(name, book, cluster, each).match !== 'no');
  if (could === undefined) return own;
  const assumption = `no other pod of the node has looked up ${name} through the DNS proxy lately (pod ${podName(could)} could have)`;
  return { ...own, assumption };
}

/** Pods of the same node that are known to have looked the name up, and those of which nothing is known. */
function neighbours(
  cluster: ClusterState,
  pod: ClusterPod,
  name: string,
): { readonly known: readonly ClusterPod[]; readonly possible: readonly ClusterPod[] } {
  const isNeighbour = (each: ClusterPod) =>
    each !== pod && !each.finished && !each.hostNetwork && each.node !== null && each.node === pod.node;
  if (cluster.lookups === null) return { known: [], possible: [...cluster.pods.values()].filter(isNeighbour) };
  const asking = [...(cluster.lookups.get(name) ?? [])].flatMap(key => cluster.pods.get(key) ?? []);
  return { known: asking.filter(isNeighbour), possible: [] };
}

/** Whether a pod's own lookup of the name passes the proxy. */
function lookup(name: string, book: RuleBook, cluster: ClusterState, pod: ClusterPod): Learning {
  const never = (why: string) => say('no', `${name} is not learned: ${why}`);
  if (!hasDnsProxy(book)) return never('no DNS rule (rules.dns) of any policy sends lookups through the DNS proxy');
  const services = dnsServices(cluster);
  if (services.length === 0) return byRuleAlone(name, book, cluster, pod);
  const ways = services.flatMap(service => askService(service, name, book, cluster, pod));
  return (
    ways.find(way => way.match === 'yes') ??
    ways.find(way => way.match === 'unknown') ??
    ways[0] ??
    never('the DNS service of the cluster has no endpoint')
  );
}

function askService(
  service: ClusterService,
  name: string,
  book: RuleBook,
  cluster: ClusterState,
  pod: ClusterPod,
): readonly Learning[] {
  const request: FlowRequest = {
    from: podName(pod),
    to: { kind: 'service', service: `${service.namespace}/${service.name}` },
    port: DNS_PORT,
    protocol: 'UDP',
    icmpType: null,
    query: name,
    scope: 'both',
  };
  return translate(request, pod, cluster).flatMap(way =>
    way.kind === 'flow' ? [judgeLookup(name, book, { flow: way.flow, cluster, pod })] : [],
  );
}

function judgeLookup(
  name: string,
  book: RuleBook,
  { flow, cluster, pod }: { flow: Parameters<typeof judgeSide>[1]['flow']; cluster: ClusterState; pod: ClusterPod },
): Learning {
  const packet = { side: 'egress' as const, subject: pod, peer: flow.destination, flow, cluster };
  const proxy = askDnsProxy(book, packet);
  if (proxy.kind !== 'passes') return unlearned(name, pod, proxy);
  const { decision, why } = judgeSide(book, packet);
  if (decision === 'allow') return say('yes', `${name} is learned: ${proxy.why}`);
  if (decision === 'unknown') return say('unknown', `whether ${name} is learned cannot be told: ${why}`);
  return say('no', `${name} is not learned: its lookup is denied: ${why}`);
}

/** What follows from a lookup that does not pass the proxy, or perhaps. */
function unlearned(name: string, pod: ClusterPod, proxy: Exclude<ProxyAnswer, { kind: 'passes' }>): Learning {
  switch (proxy.kind) {
    case 'not-proxied':
      return say(
        'no',
        `${name} is not learned: no DNS rule (rules.dns) covers the lookups of pod ${podName(pod)}, so that the DNS proxy never sees them`,
      );
    case 'refused':
      return say('no', `${name} is not learned: ${proxy.why}`);
    case 'unknown':
      return say('unknown', `whether ${name} is learned cannot be told: ${proxy.why}`);
    default:
      return proxy satisfies never;
  }
}

function say(match: Match['match'], why: string): Learning {
  return { match, why, assumption: null };
}

/** Without a DNS service among the objects, a DNS rule of the pod for the name is taken to mean the server that it uses. */
function byRuleAlone(name: string, book: RuleBook, cluster: ClusterState, pod: ClusterPod): Learning {
  const flow = {
    source: pod,
    destination: { address: null, family: 4 as const, value: 0n, pod: null, node: null, names: [] },
    port: DNS_PORT,
    protocol: 'UDP' as const,
    icmpType: null,
    query: name,
    service: null,
  };
  const proxy = askDnsProxy(book, { side: 'egress', subject: pod, peer: flow.destination, flow, cluster }, 'any');
  if (proxy.kind !== 'passes') return unlearned(name, pod, proxy);
  return {
    match: 'yes',
    why: `${name} is learned: a DNS rule of the pod lists it`,
    assumption: `the cluster's DNS server is among the peers of the pod's DNS rule (no DNS Service was given)`,
  };
}

/** Namespaces of the platform, where the cluster's DNS runs. */
const PLATFORM: ReadonlySet<string> = new Set(['kube-system', 'openshift-dns']);

/** The Services that answer the pods' queries: of port 53, the platform's where it has any. */
function dnsServices(cluster: ClusterState): readonly ClusterService[] {
  const serving = [...cluster.services.values()].filter(service => service.ports.some(({ port }) => port === DNS_PORT));
  const ofPlatform = serving.filter(service => PLATFORM.has(service.namespace));
  return ofPlatform.length > 0 ? ofPlatform : serving;
}
