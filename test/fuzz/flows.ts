/** The flows that are tried under every set of policies. */
import type { FlowRequest } from '../../src/policy/model.ts';
import { ACTORS, type Actor, CLOSED_PORT, type FarName, SERVICE, TCP_PORT, UDP_PORT, type World } from './world.ts';

/** Addresses of this cluster that flows go to. */
export type Addresses = {
  /** By `ns/name`. */
  readonly pods: ReadonlyMap<string, string>;
  readonly node: string;
  readonly dns: string;
  readonly api: string;
  readonly service: string;
};

/** One flow: what the evaluator is asked, and the words of the probe that tries it. */
export type FuzzFlow = { readonly actor: Actor; readonly request: FlowRequest; readonly probe: readonly string[] };

const LOOKUP = 'kubernetes.default.svc.cluster.local';

/** Outside the cluster: api.stripe.com, google.com, a host that refuses, and the addresses of a set's own names. */
const OUTSIDE: readonly (readonly [address: string, port: number])[] = [
  ['203.0.113.43', 443],
  ['203.0.113.80', 80],
  ['203.0.113.80', 443],
  ['203.0.113.54', 443],
  ['203.0.113.60', 443],
  ['203.0.113.61', 443],
];

/** Every flow from every pod. Names are looked up by the pod before it connects to their addresses. */
export function flowsOf(world: World, addresses: Addresses): readonly FuzzFlow[] {
  return ACTORS.flatMap(actor => {
    const tcp = (address: string, port: number): FuzzFlow =>
      flow(actor, world, { to: address, protocol: 'TCP', port, probe: ['tcp', address, String(port)] });
    return [
      ...ACTORS.filter(other => other !== actor).flatMap(other => toPod(actor, other, world, addresses)),
      ...OUTSIDE.map(([address, port]) => tcp(address, port)),
      tcp(addresses.node, 10250),
      tcp(addresses.api, 443),
      tcp(addresses.service, SERVICE.port),
      ...(['UDP', 'TCP'] as const).map(protocol =>
        flow(actor, world, {
          to: addresses.dns,
          protocol,
          port: 53,
          query: LOOKUP,
          probe: [`dns-${protocol.toLowerCase()}`, addresses.dns, LOOKUP],
        }),
      ),
      flow(actor, world, {
        to: '203.0.113.43',
        protocol: 'ICMP',
        port: null,
        probe: ['ping', '203.0.113.43', '-'],
      }),
    ];
  });
}

function toPod(actor: Actor, other: Actor, world: World, addresses: Addresses): readonly FuzzFlow[] {
  const address = addresses.pods.get(`${world[other.ns]}/${other.name}`) ?? '';
  const one = (protocol: 'TCP' | 'UDP', port: number): FuzzFlow =>
    flow(actor, world, { to: address, protocol, port, probe: [protocol.toLowerCase(), address, String(port)] });
  return [one('TCP', TCP_PORT), one('TCP', CLOSED_PORT), one('UDP', UDP_PORT)];
}

type Wish = {
  readonly to: string;
  readonly protocol: 'TCP' | 'UDP' | 'ICMP';
  readonly port: number | null;
  readonly query?: string;
  readonly probe: readonly string[];
};

function flow(actor: Actor, world: World, wish: Wish): FuzzFlow {
  return {
    actor,
    request: {
      from: `${world[actor.ns]}/${actor.name}`,
      to: { kind: 'address', address: wish.to },
      port: wish.port,
      protocol: wish.protocol,
      icmpType: wish.protocol === 'ICMP' ? 8 : null,
      query: wish.query ?? null,
      scope: 'both',
    },
    probe: wish.probe,
  };
}

/** `web.a -> 203.0.113.43:443 TCP` for people. */
export function flowText({ request }: FuzzFlow): string {
  const to = request.to.kind === 'address' ? request.to.address : '';
  return `${request.from} -> ${to}${request.port === null ? '' : `:${request.port}`} ${request.protocol}`;
}

/** The map of names that the evaluator gets. */
export function dnsOf(names: readonly FarName[]): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(names.map(({ host, address }) => [host, [address]]));
}
