/**
 * OpenShift's egress firewalls: a namespace has one, its rules are asked in order, and the first that matches decides. So
 * the object itself is changed, by an allow just before the rule that denies.
 * https://docs.okd.io/latest/networking/network_security/egress_firewall/configuring-egress-firewall-ovn.html
 */
import type { KubernetesObject } from '../evidence.ts';
import { isRecord, listAt, objectName } from '../policy/reading.ts';
import { applicable } from './fix-changed.ts';
import { type Draft, type LayerFix, type Manifest, type Need, portText, type Situation } from './fix-kind.ts';
import { layerAllows } from './fix-layer-rules.ts';
import { predictionsOf } from './fix-needs.ts';

/** Changes the EgressFirewall or EgressNetworkPolicy of the namespace: by name where the question was a name. */
export const EGRESS_FIREWALL_CHANGE: LayerFix = { layer: 'egress firewall', draft: draftFirewall };

type Rule = Readonly<Record<string, unknown>>;
type Choice = { readonly rules: readonly Rule[]; readonly how: string };

function draftFirewall(situation: Situation): Draft {
  const { objects, deniedBy } = situation;
  const firewall = objects.find(object => isFirewall(object) && deniedBy.includes(objectName(object)));
  const at = firewall === undefined ? null : firstDenial(objectName(firewall), situation);
  if (firewall === undefined || at === null)
    return { kind: 'not-applicable', why: `${deniedBy.join(', ')} denies it, and no rule of it could be told to` };
  const choices = [...byName(situation, firewall.kind), byAddress(situation, firewall.kind)];
  const drafts = choices.map(({ rules, how }) => ({ manifest: withRules(firewall, at, rules), how }));
  const chosen = drafts.find(({ manifest }) => layerAllows('egress firewall', [manifest], situation));
  if (chosen === undefined)
    return {
      kind: 'not-applicable',
      why: `${objectName(firewall)} denies it, and no rule was found that would be proved to let it out`,
    };
  const whom = `every pod of namespace ${situation.target.namespace}, since an ${firewall.kind} selects no pods`;
  return {
    kind: 'draft',
    manifests: [chosen.manifest],
    how: `a change of the ${firewall.kind}, of which a namespace has only one and which no policy overrides: ${chosen.how}, just before its rule ${at + 1}; it holds for ${whom}`,
  };
}

function isFirewall({ kind }: KubernetesObject): boolean {
  return kind === 'EgressFirewall' || kind === 'EgressNetworkPolicy';
}

/** Index of the first rule that denies an asked flow; null: none was seen to. */
function firstDenial(name: string, { asked, book, cluster, target }: Situation): number | null {
  const rules = predictionsOf(asked, book, cluster, target)
    .filter(flow => flow.decision === 'deny')
    .flatMap(flow => flow.trace.filter(each => each.policy === name))
    .flatMap(each => each.rules.filter(rule => rule.match === 'yes'));
  return rules.length === 0 ? null : Math.min(...rules.map(({ index }) => index));
}

/** None: the question was an address. */
function byName(situation: Situation, kind: string): readonly Choice[] {
  const { host, needs } = situation;
  if (host.kind !== 'name') return [];
  const [destination, others] = [
    needs.filter(need => need.purpose === 'destination'),
    needs.filter(need => need.purpose !== 'destination'),
  ];
  if (destination.length === 0) return [];
  const rule = { type: 'Allow', to: { dnsName: host.name }, ...portsOf(destination, kind) };
  const how = `the host by its name${kind === 'EgressFirewall' ? ' and port' : ', on every port, since it knows no ports'} (the firewall looks the name up by itself)`;
  return [{ rules: [rule, ...addressRules(others, kind)], how }];
}

function byAddress({ needs, host }: Situation, kind: string): Choice {
  const caution = host.kind === 'name' ? `; it stops fitting when the addresses of ${host.name} change` : '';
  return { rules: addressRules(needs, kind), how: `exactly its addresses${caution}` };
}

function addressRules(needs: readonly Need[], kind: string): readonly Rule[] {
  const byAddress = Map.groupBy(needs, ({ to }) => (to.kind === 'address' ? to.address : (to.pod.addresses[0] ?? '')));
  return [...byAddress].map(([address, group]) => ({
    type: 'Allow',
    to: { cidrSelector: `${address}/${address.includes(':') ? 128 : 32}` },
    ...portsOf(group, kind),
  }));
}

function portsOf(needs: readonly Need[], kind: string): Rule {
  if (kind !== 'EgressFirewall') return {};
  const ports = new Map(needs.map(({ port }) => [portText(port), { protocol: port.protocol, port: port.port }]));
  return { ports: [...ports.values()] };
}

function withRules(firewall: KubernetesObject, at: number, rules: readonly Rule[]): Manifest {
  const plain = applicable(firewall);
  const egress = listAt(plain, 'spec', 'egress');
  return {
    ...plain,
    spec: {
      ...(isRecord(plain.spec) ? plain.spec : {}),
      egress: [...egress.slice(0, at), ...rules, ...egress.slice(at)],
    },
  };
}
