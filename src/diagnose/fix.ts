/**
 * The smallest change that makes the rules let the question's flows pass: a new policy beside those that deny, which stay
 * as they are. Kinds of fixes are tried in order; the first whose draft is proved by evaluation is proposed.
 */
import type { Collected, DryRun } from '../evidence.ts';
import type { Fix, Proof } from '../model.ts';
import type { ClusterPod, RuleBook } from '../policy/model.ts';
import { podName } from '../policy/packet.ts';
import { readRuleBook } from '../policy/rule-book.ts';
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
import { predictionsOf } from './fix-needs.ts';
import { NETWORK_POLICY_EXACT, NETWORK_POLICY_OUTSIDE } from './fix-plain.ts';
import { type SituationInput, situationOf } from './fix-situation.ts';
import { chooseSubject, type Subject } from './fix-subject.ts';
import { summaryOf } from './fix-summary.ts';
import { subjectChoices } from './fix-workload.ts';
import { flowSetText } from './flow-sets.ts';

/** What a fix is proposed from. */
export type FixInput = SituationInput & {
  readonly engine: Collected['engine'];
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
  const { cluster, objects } = input;
  const found = situationOf(input);
  if (found.kind === 'nothing-to-open') return noFix(found.why);
  const { situation, pod } = found;
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
      why = draft.why;
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

function noFix(why: string): FixProposal {
  return { kind: 'no-fix', why };
}
