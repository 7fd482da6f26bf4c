/**
 * Prints every pair of pods of a file that may connect on one port; a process of its own, to be timed. Each pair is
 * judged by the rules that select its two pods, as the proof of a fix does it.
 */
import { readFileSync } from 'node:fs';
import { podEnd, rulesFor, type Side } from '../../src/diagnose/flow-judge.ts';
import { readClusterState } from '../../src/policy/cluster-state.ts';
import { readManifests } from '../../src/policy/manifest-file.ts';
import type { ClusterPod, Flow, FlowEnd, RuleBook } from '../../src/policy/model.ts';
import { readRuleBook } from '../../src/policy/rule-book.ts';
import { judgeSide } from '../../src/policy/side.ts';

type Judged = {
  readonly name: string;
  readonly pod: ClusterPod;
  readonly end: FlowEnd;
  readonly egress: RuleBook;
  readonly ingress: RuleBook;
};

const [, , file = '', portText = ''] = process.argv;
const manifests = readManifests(readFileSync(file, 'utf8'));
if (manifests.kind !== 'manifests') throw new Error(`${file} holds no objects`);
const book = readRuleBook(manifests.objects, { engine: { name: 'unknown', version: null, evidence: 'given' } });
const { cluster } = readClusterState(manifests.objects, {});
const pods = [...cluster.pods].map(([name, pod]): Judged => {
  const end = podEnd(pod, 4);
  if (end === null) throw new Error(`${name} has no address`);
  const rules = (side: Side) => rulesFor(pod, side, { before: book, after: book }, cluster).before;
  return { name, pod, end, egress: rules('egress'), ingress: rules('ingress') };
});
for (const from of pods) {
  const reached = pods.filter(to => mayConnect(from, to));
  process.stdout.write(reached.map(to => `${from.name} => ${to.name}\n`).join(''));
}

function mayConnect(from: Judged, to: Judged): boolean {
  const base = { port: Number(portText), protocol: 'TCP', icmpType: null, query: null, service: null } as const;
  const flow: Flow = { ...base, source: from.pod, destination: to.end };
  return passes('egress', from, to.end, flow) && passes('ingress', to, from.end, flow);
}

function passes(side: Side, subject: Judged, peer: FlowEnd, flow: Flow): boolean {
  const { decision, why } = judgeSide(subject[side], { side, subject: subject.pod, peer, flow, cluster });
  if (decision === 'unknown') throw new Error(`${subject.name}: ${why}`);
  return decision === 'allow';
}
