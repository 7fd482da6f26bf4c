/** Packets for the tables of matchers: from pay/api of the rows' cluster to anywhere, before any policy is asked. */
import { readClusterState } from '../../src/policy/cluster-state.ts';
import { readDestination } from '../../src/policy/flow-text.ts';
import { matchRule } from '../../src/policy/match.ts';
import type { FlowRequest, Match, Term } from '../../src/policy/model.ts';
import type { Packet } from '../../src/policy/packet.ts';
import { translate } from '../../src/policy/translate.ts';
import { CLUSTER } from './policy-builders.ts';

export type PacketOptions = Partial<Pick<FlowRequest, 'port' | 'protocol' | 'icmpType' | 'query'>> & {
  readonly objects?: readonly object[];
  readonly dns?: Readonly<Record<string, readonly string[]>>;
};

/** The first packet from pay/api to an address, `pod:`, `service:` or a name, 443/TCP unless said, on its egress side. */
export function packetTo(to: string, { objects = [], dns = {}, ...parts }: PacketOptions = {}): Packet {
  const { cluster } = readClusterState([...CLUSTER, ...objects], dns);
  const source = cluster.pods.get('pay/api');
  if (source === undefined) throw new Error('pay/api is not there');
  const request: FlowRequest = {
    from: 'pay/api',
    to: readDestination(to),
    port: 443,
    protocol: 'TCP',
    icmpType: null,
    query: null,
    scope: 'both',
    ...parts,
  };
  const [way] = translate(request, source, cluster);
  if (way?.kind !== 'flow') throw new Error(`${to} leaves no pod`);
  return { side: 'egress', subject: source, peer: way.flow.destination, flow: way.flow, cluster };
}

/** What a rule of this one term says of a packet. */
export function matchTerm(term: Term, packet: Packet): Match {
  const fields = [{ name: 'to', negated: false, anyOf: [term] }];
  const { match, why } = matchRule({ index: 0, name: null, action: 'accept', fields, notes: [] }, packet);
  return { match, why };
}
