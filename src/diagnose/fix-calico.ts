/**
 * A denial by Calico's own policies: a NetworkPolicy of Calico in the same tier, asked just before the one that denies,
 * for this workload, this destination and this port alone. What it allows is allowed: no later tier is asked.
 * https://docs.tigera.io/calico/latest/reference/resources/networkpolicy
 */
import { identityOf, memberOf } from '../policy/reading.ts';
import { type EarlierPlace, placeBefore } from './fix-calico-place.ts';
import { allowanceOf, allowanceRules, egressManifest, ingressManifests, netsOf, rulesOf } from './fix-calico-rules.ts';
import type { Draft, FixKind, Need, Situation } from './fix-kind.ts';
import { joinAllowances } from './fix-networkpolicy.ts';
import { everythingOutside } from './fix-outside.ts';
import { peerOfAddress } from './fix-peers.ts';
import type { SubjectChoice } from './fix-workload.ts';

/** The host by its name, where the edition has rules by name. */
export const CALICO_BY_NAME: FixKind = kindOf('by name', byName);
/** Everything outside the cluster, for a name whose addresses may change. */
export const CALICO_OUTSIDE: FixKind = kindOf('for everything outside the cluster', outside);
/** Exactly the addresses that are denied. */
export const CALICO_EXACT: FixKind = kindOf('for exact addresses', exact);

type Json = Readonly<Record<string, unknown>>;
type Destinations = { readonly kind: 'destinations'; readonly list: readonly Json[]; readonly how: string };
type Refused = Extract<Draft, { kind: 'not-applicable' }>;
type ChooseHost = (situation: Situation, addresses: readonly string[]) => Destinations | Refused;

function kindOf(name: string, host: ChooseHost): FixKind {
  return { name: `NetworkPolicy of Calico ${name}`, draft: (situation, subject) => draft(situation, subject, host) };
}

function draft(situation: Situation, subject: SubjectChoice, chooseHost: ChooseHost): Draft {
  if (situation.book.engine.name !== 'calico') return refused('the cluster does not run Calico');
  const place = placeBefore(situation);
  if (place === null) return refused('no policy of Calico’s own denies it');
  const isHost = (need: Need) => need.purpose === 'destination' && need.to.kind === 'address';
  const egress = situation.needs.filter(need => need.side === 'egress');
  const toHost = egress.filter(isHost);
  const addresses = [...new Set(toHost.flatMap(need => (need.to.kind === 'address' ? [need.to.address] : [])))];
  const host = toHost.length === 0 ? null : chooseHost(situation, addresses);
  if (host?.kind === 'not-applicable') return host;
  const inside = egress.filter(need => !isHost(need)).map(need => allowanceOf(need, situation));
  const ingress = ingressManifests(situation, subject.selector, place);
  if (inside.includes(null) || ingress === null)
    return refused('a pod on the way has no label that lasts, so no rule can name it');
  const rules = [
    ...(host?.list ?? []).flatMap(destination =>
      rulesOf(
        {},
        destination,
        toHost.map(need => need.port),
      ),
    ),
    ...joinAllowances(inside.flatMap(each => each ?? [])).flatMap(each =>
      allowanceRules(each, 'egress', situation.target.namespace),
    ),
  ];
  const own = rules.length === 0 ? [] : [egressManifest(situation, subject.selector, place, rules)];
  return { kind: 'draft', manifests: [...own, ...ingress], how: howText(place, host) };
}

function howText({ tier, order, before, isStored }: EarlierPlace, host: Destinations | null): string {
  const where = `NetworkPolicy of Calico in tier ${tier} with order ${order}, asked just before ${before}, so that nothing of it or of a later tier is in the way`;
  const what = host?.how ?? 'pods by their labels';
  const tool = isStored ? '; apply it with calicoctl, since the cluster serves no projectcalico.org/v3' : '';
  return `${where}, with ${what}${tool}`;
}

// ---------------------------------------------------------------- the host

/** Rules by name are of Calico Enterprise and Calico Cloud; open-source Calico drops the field, and the rule then matches everything. */
function byName(situation: Situation): Destinations | Refused {
  const { host } = situation;
  if (host.kind !== 'name') return refused('the destination is no name');
  if (!hasDomains(situation)) return refused(NO_DOMAINS);
  return { kind: 'destinations', list: [{ domains: [host.name] }], how: 'the host by its name' };
}

const NO_DOMAINS =
  'rules by name are of Calico Enterprise and Calico Cloud, and nothing here shows that the cluster runs one of them: open-source Calico has addresses only';

/** Only those editions keep such a field, or serve a licence. */
function hasDomains({ objects, apis }: Situation): boolean {
  return (
    apis.some(api => api.kind === 'LicenseKey') ||
    objects.some(each => {
      const isCalico = identityOf(each)?.group.endsWith('projectcalico.org') ?? false;
      return (
        isCalico &&
        (each.kind === 'LicenseKey' ||
          memberOf(each, 'spec', 'allowedEgressDomains') !== undefined ||
          usesDomains(each))
      );
    })
  );
}

function usesDomains(object: Json): boolean {
  const egress = memberOf(object, 'spec', 'egress');
  return Array.isArray(egress) && egress.some(rule => memberOf(rule, 'destination', 'domains') !== undefined);
}

function outside(situation: Situation, addresses: readonly string[]): Destinations | Refused {
  const peers = everythingOutside(situation, addresses);
  if (peers.kind === 'not-applicable') return peers;
  const how = `every address outside the cluster (${NO_DOMAINS}, and those of ${situation.hostText} may change); stricter, until they do: ${addresses.join(', ')}`;
  return { kind: 'destinations', list: peers.peers.flatMap(netsOf), how };
}

function exact(situation: Situation, addresses: readonly string[]): Destinations {
  const nets = addresses.map(peerOfAddress).flatMap(peer => (peer.kind === 'ipBlock' ? [peer.cidr] : []));
  const caution =
    situation.host.kind === 'name'
      ? `: ${NO_DOMAINS}; it stops fitting when the addresses of ${situation.host.name} change`
      : '';
  // A rule has addresses of one family alone.
  const families = [...Map.groupBy(nets, net => net.includes(':')).values()];
  return {
    kind: 'destinations',
    list: families.map(each => ({ nets: each })),
    how: `exactly its ${nets.length === 1 ? 'address' : 'addresses'}${caution}`,
  };
}

function refused(why: string): Refused {
  return { kind: 'not-applicable', why };
}
