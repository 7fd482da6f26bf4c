/**
 * Waits until the agent has realised what was applied. The sentinel pod is isolated for good; with each set, as the last
 * of its kind, one policy lets it out to an address of that kind's own. When the address opens, the agent has read all
 * policies of that kind that came before; when it closes again, it has read that they are gone.
 */
import type { ApiClient } from '../../src/cluster/client.ts';
import { run } from './probe.ts';
import { SENTINEL, type World } from './world.ts';

const LIMIT_SECONDS = 40;
const TARGETS = {
  NetworkPolicy: '203.0.113.43',
  CiliumNetworkPolicy: '203.0.113.60',
  CiliumClusterwideNetworkPolicy: '203.0.113.61',
} as const;

type Kind = keyof typeof TARGETS;

/** The kinds that a set is made of. */
export function kindsOf(policies: readonly { readonly kind: string }[]): readonly Kind[] {
  const kinds: readonly Kind[] = ['NetworkPolicy', 'CiliumNetworkPolicy', 'CiliumClusterwideNetworkPolicy'];
  return kinds.filter(kind => policies.some(policy => policy.kind === kind));
}

/** Isolates the sentinel; made once with the world. */
export function isolation(world: World): object {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { namespace: world[SENTINEL.ns], name: 'sentinel' },
    spec: { podSelector: { matchLabels: SENTINEL.labels }, policyTypes: ['Egress'], egress: [] },
  };
}

/** The policy that opens the kind's address to the sentinel. */
export function opening(world: World, kind: Kind): object {
  const namespace = world[SENTINEL.ns];
  const cidr = `${TARGETS[kind]}/32`;
  const ports = [{ ports: [{ port: '443', protocol: 'TCP' }] }];
  const egress = [{ toCIDR: [cidr], toPorts: ports }];
  switch (kind) {
    case 'NetworkPolicy':
      return {
        apiVersion: 'networking.k8s.io/v1',
        kind,
        metadata: { namespace, name: 'sentinel-opens' },
        spec: {
          podSelector: { matchLabels: SENTINEL.labels },
          policyTypes: ['Egress'],
          egress: [{ to: [{ ipBlock: { cidr } }], ports: [{ protocol: 'TCP', port: 443 }] }],
        },
      };
    case 'CiliumNetworkPolicy':
      return {
        apiVersion: 'cilium.io/v2',
        kind,
        metadata: { namespace, name: 'sentinel-opens' },
        spec: { endpointSelector: { matchLabels: SENTINEL.labels }, egress },
      };
    case 'CiliumClusterwideNetworkPolicy':
      return {
        apiVersion: 'cilium.io/v2',
        kind,
        metadata: { name: `${world.aside}-opens` },
        spec: {
          endpointSelector: { matchLabels: { ...SENTINEL.labels, 'k8s:io.kubernetes.pod.namespace': namespace } },
          egress,
        },
      };
    default:
      return kind satisfies never;
  }
}

/** `$1`: open or closed; then addresses. Ends with code 1 when one of them is not so in time. */
const SCRIPT = `
wanted=$1; limit=$2; shift 2
for address; do
  until if nc -n -z -w 1 "$address" 443 2>/dev/null; then [ "$wanted" = open ]; else [ "$wanted" = closed ]; fi; do
    limit=$((limit - 1))
    [ "$limit" -gt 0 ] || { echo "$address"; exit 0; }
    sleep 0.2
  done
done
`;

/** Waits until the addresses of these kinds are all open, or all closed; throws when they do not become so. */
export async function awaitSentinel(
  client: ApiClient,
  world: World,
  wanted: 'open' | 'closed',
  kinds: readonly Kind[],
): Promise<void> {
  const late: string[] = [];
  const command = ['sh', '-c', SCRIPT, 'sentinel', wanted, String(LIMIT_SECONDS), ...kinds.map(kind => TARGETS[kind])];
  await run(client, { namespace: world[SENTINEL.ns], pod: SENTINEL.name }, command, line => void late.push(line));
  if (late.length > 0) throw new Error(`the sentinel's way to ${late.join(', ')} did not become ${wanted}`);
}
