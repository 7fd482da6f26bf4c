/** The direct way: the conclusion about the name and the one about the addresses -> one conclusion, first cause first. */
import type { Confidence, Layer } from '../model.ts';
import { concludeDestination, type DestinationConclusion } from './conclude-destination.ts';
import { concludeDestinationName, type NameConclusion } from './conclude-name.ts';
import type { Conclusion, DirectWay } from './conclusion.ts';
import { describeDestination } from './destination-summary.ts';
import { type Expectation, joinFlows } from './expectation.ts';
import type { VerdictFacts } from './facts.ts';
import { describeLookup } from './lookup.ts';
import { describeReach, isFailing } from './reach.ts';
import { denialText, destinationText, podText, sentence } from './wording.ts';

/** What is concluded where no proxy stands between, and the way that it is about. */
export type DirectConclusion = { readonly conclusion: Conclusion; readonly way: DirectWay };

/** Concludes the direct way of a running pod to the destination. */
export function concludeDirect(facts: VerdictFacts): DirectConclusion {
  const name = concludeDestinationName(facts);
  const destination = concludeDestination(facts);
  return { conclusion: join(facts, name, destination), way: { name, addresses: destination.addresses } };
}

function join(facts: VerdictFacts, name: NameConclusion, destination: DestinationConclusion): Conclusion {
  switch (name.kind) {
    case 'no-name':
    case 'resolves':
      return destinationConclusion(facts, destination, null);
    case 'denied':
      if (destination.code === 'denied-by-policy') return destinationConclusion(facts, destination, name);
      if (destination.code === 'partly-denied') return bothDenied(facts, name, destination);
      return isEverythingDenied(name, destination)
        ? everythingDenied(facts, name)
        : nameDenied(facts, name, destination);
    case 'fails':
      return nameFails(facts, name, destination);
    case 'unknown':
      return nameUnknown(facts, name, destination);
    default:
      return name satisfies never;
  }
}

type DeniedName = Extract<NameConclusion, { kind: 'denied' }>;

/** No address is known to be judged, and none needs to be: no policy that denies the lookup has a rule for anything. */
function isEverythingDenied(name: DeniedName, destination: DestinationConclusion): boolean {
  const flows = destination.addresses.flatMap(each => each.row.expected.flows);
  const isUnjudged = flows.every(flow => flow.address === null && flow.decision === 'unknown');
  const deciding = name.expected.flows.flatMap(flow =>
    flow.trace.filter(each => each.decides && each.side === 'egress'),
  );
  return isUnjudged && deciding.length > 0 && deciding.every(each => each.effect === 'none' && each.rules.length === 0);
}

function everythingDenied(facts: VerdictFacts, name: DeniedName): Conclusion {
  return {
    code: 'denied-by-policy',
    confidence: name.confidence,
    about: 'destination',
    summary: `${denialText([name.expected])} ${podText(facts)} every connection, and so the lookup of ${name.name} and the connection to ${destinationText(facts)}`,
    layer: 'dns',
    culprits: [name.expected],
    behind: [],
  };
}

/** Some addresses are denied, and the name of all of them: nothing of the destination is left, and one fix opens both. */
function bothDenied(facts: VerdictFacts, name: DeniedName, destination: DestinationConclusion): Conclusion {
  const denied = destinationConclusion(facts, destination, name);
  return {
    ...denied,
    code: 'denied-by-policy',
    layer: 'dns',
    summary: `${denied.summary}; ${denialText([name.expected])} the pod the lookup of ${name.name} as well`,
  };
}

/** The rules that deny one of the addresses, nearest first. */
function destinationDenial(destination: Pick<DestinationConclusion, 'addresses'>): Expectation {
  return joinFlows(destination.addresses.flatMap(each => each.row.expected.flows));
}

function destinationConclusion(
  facts: VerdictFacts,
  destination: DestinationConclusion,
  deniedName: DeniedName | null,
): Conclusion {
  const { code } = destination;
  const denial = destinationDenial(destination);
  const isPolicy = code === 'denied-by-policy' || code === 'partly-denied' || code === 'policy-not-enforced';
  const culprits = isPolicy ? [denial, ...(deniedName === null ? [] : [deniedName.expected])] : [];
  return {
    code,
    // A lookup that was seen to be silenced by the same rules confirms them where no address could be tried.
    confidence:
      deniedName?.confidence === 'confirmed' && destination.confidence === 'predicted'
        ? 'confirmed'
        : destination.confidence,
    about: 'destination',
    summary: describeDestination(facts, destination, culprits),
    layer: layerOf(code, deniedName !== null),
    culprits,
    behind: isPolicy && code !== 'policy-not-enforced' ? failingBehind(facts, destination) : [],
  };
}

function layerOf(code: DestinationConclusion['code'], isNameDenied: boolean): Layer | null {
  switch (code) {
    case 'reachable':
    case 'not-known':
    case 'policy-not-enforced':
      return null;
    case 'tls-failed':
      return 'tls';
    case 'no-common-address-family':
      return 'dns';
    case 'denied-by-policy':
      return isNameDenied ? 'dns' : 'tcp';
    case 'partly-denied':
    case 'partly-reachable':
    case 'refused-by-host':
    case 'blocked-beyond-node':
    case 'dropped-unexplained':
      return 'tcp';
    default:
      return code satisfies never;
  }
}

/** What the node (or else the control pod) meets at the denied addresses: it waits behind the policy. */
function failingBehind(facts: VerdictFacts, destination: DestinationConclusion): readonly string[] {
  return destination.addresses.flatMap(({ row }) => {
    const [who, reach] =
      row.node.kind === 'not-looked' ? (['control pod', row.control] as const) : (['node', row.node] as const);
    const at = row.address === null ? destinationText(facts) : row.address;
    return isFailing(reach)
      ? [sentence(`${at} fails from the ${who} as well, which no policy of the pod touches: ${describeReach(reach)}`)]
      : [];
  });
}

/** The name cannot be asked, by rule; the destination is not denied as a whole. */
function nameDenied(facts: VerdictFacts, name: DeniedName, destination: DestinationConclusion): Conclusion {
  return {
    code: 'dns-denied-by-policy',
    confidence: name.confidence,
    about: 'name',
    summary: `${denialText([name.expected])} the pod the lookup of ${name.name}; ${allowedText(destination)}`,
    layer: 'dns',
    culprits: [name.expected],
    behind: behindName(facts, destination),
  };
}

function allowedText(destination: DestinationConclusion): string {
  const { decision } = destinationDenial(destination);
  switch (decision) {
    case 'allow':
      return 'the connection itself is allowed';
    case 'mixed':
    case 'deny':
      return 'the connection itself is allowed in part only';
    case 'unknown':
    case 'not-judged':
      return 'whether the connection itself is allowed is not known';
    default:
      return decision satisfies never;
  }
}

/** What will fail once the name resolves. */
function behindName(facts: VerdictFacts, destination: DestinationConclusion): readonly string[] {
  if (destination.code === 'reachable') return [];
  const denial = destinationDenial(destination);
  const isDenied = destination.code === 'denied-by-policy' || destination.code === 'partly-denied';
  return [sentence(describeDestination(facts, destination, isDenied ? [denial] : []))];
}

function nameFails(
  facts: VerdictFacts,
  name: Extract<NameConclusion, { kind: 'fails' }>,
  destination: DestinationConclusion,
): Conclusion {
  const failure = `the name ${name.name} ${describeLookup(name.seen)}; ${name.why}`;
  const areKnown = destination.addresses.some(each => each.row.address !== null);
  const isUnanswered = name.seen.kind === 'unanswered';
  // A rule that cuts the way is the first cause, and so is a pod whose packets are all lost: its lookups are among them.
  if (areKnown && destination.code === 'denied-by-policy') {
    const denied = destinationConclusion(facts, destination, null);
    return { ...denied, behind: [...denied.behind, sentence(`behind it, ${failure}`)] };
  }
  if (isUnanswered && destination.code === 'dropped-unexplained')
    return destinationConclusion(facts, destination, null);
  const confidence: Confidence = name.confidence;
  const behind = areKnown || destination.code === 'denied-by-policy' ? behindName(facts, destination) : [];
  return { code: 'name-not-resolved', confidence, about: 'name', summary: failure, layer: 'dns', culprits: [], behind };
}

/** A way that is only predicted to be open is not known to be, when the lookup before it is not known. */
function nameUnknown(
  facts: VerdictFacts,
  name: Extract<NameConclusion, { kind: 'unknown' }>,
  destination: DestinationConclusion,
): Conclusion {
  const way = destinationConclusion(facts, destination, null);
  if (way.code !== 'reachable' || way.confidence !== 'predicted') return way;
  const summary = `the rules allow ${destinationText(facts)}; whether the pod may look up ${name.name} is not known: ${name.why}`;
  return { ...way, code: 'not-known', confidence: null, summary, layer: 'dns' };
}
