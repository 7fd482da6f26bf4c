/**
 * The smallest change that makes the rules let the question's flows pass: a new policy beside those that deny, which stay
 * as they are. Kinds of fixes are tried in order; the first whose draft is proved by evaluation is proposed.
 */
import type { Collected, DryRun } from '../evidence.ts';
import type { Destination, Fix, FlowPrediction, Proof, ResolvedHost, Target } from '../model.ts';
import type { ClusterPod, ClusterState, RuleBook } from '../policy/model.ts';
import { podName } from '../policy/packet.ts';
import { readRuleBook } from '../policy/rule-book.ts';
import { intervalOf } from './address-sets.ts';
import { ADMIN_POLICY } from './fix-admin.ts';
import { ANTREA_BY_NAME, ANTREA_EXACT } from './fix-antrea.ts';
import { EKS_BY_NAME, GKE_BY_NAME } from './fix-by-name.ts';
import { CALICO_BY_NAME, CALICO_EXACT, CALICO_OUTSIDE } from './fix-calico.ts';
import { type Change, computeChange } from './fix-change.ts';
import { changesOf, withManifests } from './fix-changed.ts';
import { CILIUM_POLICY } from './fix-cilium.ts';
import { CILIUM_DENY_CHANGE } from './fix-cilium-deny.ts';
import type { FixKind, Manifest, Situation } from './fix-kind.ts';
import { type Opened, openLayers } from './fix-layers.ts';
import { askedFlows, joinedDecision, lookupsOf, needsOf, predictionsOf } from './fix-needs.ts';
import { NETWORK_POLICY_EXACT, NETWORK_POLICY_OUTSIDE } from './fix-plain.ts';
import { chooseSubject, type Subject } from './fix-subject.ts';
import { summaryOf } from './fix-summary.ts';
import { subjectChoices } from './fix-workload.ts';
import { flowSetText } from './flow-sets.ts';
import { flowsOf, type PurposedRequest } from './flows.ts';

/** What a fix is proposed from. */
export type FixInput = {
  readonly target: Target;
  /** The destination; where the pod goes there through its proxy, the fix opens the way to the proxy and no other. */
  readonly host: ResolvedHost;
  readonly destination: Destination;
  /** As they were read: the fix is added to them and all are read again. */
  readonly objects: Collected['objects'];
  readonly apis: Collected['apis'];
  readonly engine: Collected['engine'];
  readonly cluster: ClusterState;
  /** The rules as they are now, of the same objects. */
  readonly book: RuleBook;
  readonly dryRun: DryRun;
  readonly verified: Proof['verified'];
};

/** A fix with its proof, or why there is none. */
export type FixProposal =
  | { readonly kind: 'fix'; readonly fix: Fix }
  | { readonly kind: 'no-fix'; readonly why: string };

/** Kinds in the order of preference. A new kind is one file and one line. */
const KINDS: readonly FixKind[] = [
  ADMIN_POLICY,
  CILIUM_POLICY,
  CILIUM_DENY_CHANGE,
  CALICO_BY_NAME,
  CALICO_OUTSIDE,
  CALICO_EXACT,
  ANTREA_BY_NAME,
  ANTREA_EXACT,
  GKE_BY_NAME,
  EKS_BY_NAME,
  NETWORK_POLICY_OUTSIDE,
  NETWORK_POLICY_EXACT,
];

/**
 * Proposes a fix for what the rules deny of the question. `no-fix` says why: nothing is denied, the decision is not
 * known, a blind spot keeps the fix from being proved, no selector is safe, or no kind can express the destination.
 */
export function proposeFix(input: FixInput): FixProposal {
  const { target, cluster, objects, book } = input;
  const pod = cluster.pods.get(`${target.namespace}/${target.pod}`);
  if (pod === undefined) return noFix(`pod ${target.namespace}/${target.pod} is not among the objects that were read`);
  const connection = connectionOf(input);
  const flows = flowsTo(connection, input);
  const asked = askedFlows(flows, flow => joinedDecision(predictionsOf([flow], book, cluster, target)));
  const before = predictionsOf(asked, book, cluster, target);
  const needs = needsOf(asked, book, cluster, target);
  const nowhere = before.find(flow => flow.decision === 'deny' && flow.address === null && !flow.to.startsWith('pod:'));
  if (nowhere !== undefined) return noFix(`no address of ${nowhere.to} is known, so no rule can be written for it`);
  if (needs.length === 0) return noFix(whyNothingIsDenied(before));
  const deniedBy = [...new Set(before.filter(flow => flow.decision === 'deny').flatMap(flow => flow.by))];
  const situation: Situation = {
    ...connection,
    target,
    objects,
    cluster,
    book,
    deniedBy,
    needs,
    apis: input.apis,
    asked,
    lookupRequests: flows.filter(({ purpose }) => purpose === 'dns'),
    lookups: lookupsOf(flows, cluster, target),
  };
  const opened = openLayers(situation);
  if (opened.kind === 'stuck') return noFix(opened.why);
  const rest = opened.situation;
  if (opened.manifests.length > 0 && rest.needs.length === 0) return layersAlone(opened, situation, input);
  const isSubject = rest.needs.some(need => need.side === 'egress');
  const subject = isSubject
    ? chooseSubject({ pod, side: 'egress', objects, cluster, book: rest.book })
    : asPeer(pod, objects);
  if (subject.kind === 'none') return noFix(subject.why);
  return firstProved(opened, situation, subject, input);
}

/** No policy is in the way: what opens the layers is the whole fix. */
function layersAlone(opened: Layers, situation: Situation, input: FixInput): FixProposal {
  const proved = prove(opened.manifests, situation, input);
  if (proved.kind === 'not-proved') return noFix(proved.why);
  const draft: ProvedDraft = { manifests: opened.manifests, how: opened.how.join('; '), others: [] };
  return { kind: 'fix', fix: fixOf(draft, proved, situation, input) };
}

type Connection = Pick<Situation, 'host' | 'hostText' | 'port' | 'application'> & {
  /** The name that is looked up for it; null: none. */
  readonly lookup: string | null;
};

/** The connection that is opened: to the proxy that the pod uses, else to the destination. */
function connectionOf({ target, host, destination, cluster }: FixInput): Connection {
  const proxy = target.proxy.kind === 'set' ? target.proxy.uses : null;
  if (proxy === null) {
    const lookup = destination.host.kind === 'name' ? destination.host.name : null;
    const { application, protocol } = destination;
    return { host, hostText: hostText(host), port: { port: destination.port, protocol }, application, lookup };
  }
  const port = { port: proxy.port, protocol: 'TCP' as const };
  if (intervalOf(proxy.host) !== null) {
    const host = { kind: 'address' as const, address: proxy.host };
    return { host, hostText: proxy.host, port, application: 'none', lookup: null };
  }
  const name = proxy.host.toLowerCase();
  const addresses = cluster.dns.get(name) ?? [];
  const named = { kind: 'name' as const, name, addresses, resolvedBy: 'given' as const };
  return { host: named, hostText: name, port, application: 'none', lookup: name };
}

/** The question's flows, but for those of other vantages: to the proxy or the destination, and the lookup of its name. */
function flowsTo({ port, lookup }: Connection, { target, host, cluster }: FixInput): readonly PurposedRequest[] {
  const { protocol } = port;
  return flowsOf({
    target,
    host,
    port: port.port,
    protocol: protocol === 'UDP' ? 'UDP' : 'TCP',
    lookup,
    cluster,
    controlPod: null,
  });
}

function hostText(host: ResolvedHost): string {
  switch (host.kind) {
    case 'address':
      return host.address;
    case 'service':
      return host.service;
    case 'name':
      return host.name;
    default:
      return host satisfies never;
  }
}

/** Only the destination's side denies: the pod is named as a peer there, and nothing new selects it. */
function asPeer(pod: ClusterPod, objects: Situation['objects']): Subject {
  const [choice] = subjectChoices(pod, objects, []);
  if (choice !== undefined) return { kind: 'subject', choice, others: [] };
  return {
    kind: 'none',
    why: `pod ${podName(pod)} has no label that lasts, so no rule of the destination can name it`,
  };
}

type Layers = Extract<Opened, { kind: 'opened' }>;
type ProvedDraft = {
  readonly manifests: readonly Manifest[];
  readonly how: string;
  readonly others: readonly string[];
};

/** The first kind whose draft is proved; else why the last one, which is the plainest, is none. */
function firstProved(
  opened: Layers,
  situation: Situation,
  { choice, others }: Extract<Subject, { kind: 'subject' }>,
  input: FixInput,
): FixProposal {
  let why = 'there is no kind of fix for it';
  for (const kind of KINDS) {
    const draft = kind.draft(opened.situation, choice);
    if (draft.kind === 'impossible') return noFix(draft.why);
    if (draft.kind === 'not-applicable') {
      // That there is no policy of Cilium to change says nothing of why no addition helps.
      if (kind !== CILIUM_DENY_CHANGE) why = draft.why;
      continue;
    }
    const manifests = [...opened.manifests, ...draft.manifests];
    const proved = prove(manifests, situation, input);
    if (proved.kind === 'proved') {
      const how = [...opened.how, `${draft.how}; pods by ${choice.from}`].join('; and a ');
      return { kind: 'fix', fix: fixOf({ manifests, how, others }, proved, situation, input) };
    }
    why = `with a ${kind.name}, ${proved.why}`;
  }
  return noFix(why);
}

type Proved =
  | { readonly kind: 'proved'; readonly change: Change }
  | { readonly kind: 'not-proved'; readonly why: string };

/** Evaluates again with the manifests added: every asked flow must be allowed, and nothing may be shut. */
function prove(
  manifests: readonly Manifest[],
  situation: Situation,
  { objects, apis, engine, target }: FixInput,
): Proved {
  const after: RuleBook = readRuleBook(withManifests(objects, manifests), { engine, apis });
  const flows = predictionsOf(situation.asked, after, situation.cluster, target);
  const failing = flows.find(flow => flow.decision !== 'allow');
  if (failing !== undefined) {
    const verb = failing.decision === 'deny' ? 'would still be denied' : 'could not be proved to be allowed';
    return { kind: 'not-proved', why: `${failing.to} ${verb}: ${failing.why}` };
  }
  const change = computeChange(situation.book, after, situation.cluster);
  const [shut] = change.newlyDenied;
  if (shut === undefined) return { kind: 'proved', change };
  return { kind: 'not-proved', why: `it would newly deny ${flowSetText(shut)}` };
}

function fixOf(
  { manifests, how, others }: ProvedDraft,
  { change }: Extract<Proved, { kind: 'proved' }>,
  situation: Situation,
  { objects, dryRun, verified }: FixInput,
): Fix {
  const changes = changesOf(objects, manifests);
  return {
    manifests,
    ...(changes.length > 0 && { changes }),
    summary: summaryOf(situation, others, changes),
    kind: how,
    newlyAllowed: change.newlyAllowed,
    proof: { before: 'deny', after: 'allow', newlyDenied: change.newlyDenied, serverDryRun: dryRun, verified },
  };
}

function whyNothingIsDenied(flows: readonly FlowPrediction[]): string {
  const open = flows.find(flow => flow.decision === 'unknown');
  if (open !== undefined) return `what the rules say of ${open.to} is not known, so no fix can be proved: ${open.why}`;
  return flows.length === 0
    ? 'the pod has no address of the family of the destination, so no rule decides'
    : 'the rules deny none of its flows';
}

function noFix(why: string): FixProposal {
  return { kind: 'no-fix', why };
}
