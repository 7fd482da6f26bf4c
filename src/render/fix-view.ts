/** The fix as it is shown: YAML to copy, what it opens, what it closes, and how that was proved. */
import { stringify } from 'yaml';
import type { Diagnosis, Fix, FlowSet, Proof } from '../model.ts';
import { type Block, block } from './escape.ts';
import { countText, flowSetText, sentence, symbolOf, type Tone } from './words.ts';

/** The fix, in words and already escaped. */
export type FixView = {
  /** Template under fix/ for the kind of the first manifest, e.g. `networkpolicy`. */
  readonly template: string;
  readonly summary: string;
  readonly kind: string;
  readonly yaml: Block;
  /** Policies that it changes instead of adding one beside them. */
  readonly diffs: readonly { readonly policy: string; readonly diff: Block }[];
  /** True when the rule lists addresses and the question was a name: it must follow when the host moves. */
  readonly pinsAddresses: boolean;
  readonly before: string;
  readonly after: string;
  readonly opens: readonly string[];
  readonly closes: readonly string[];
  /** Proof lines: a tone's symbol and words. */
  readonly proofs: readonly { readonly tone: Tone; readonly symbol: string; readonly text: string }[];
  /** What will still fail once it is applied. */
  readonly stillFails: readonly string[];
};

/** Flow sets shown; the JSON has all. */
const FLOW_SETS_SHOWN = 6;

/** Lays out a fix. `diagnosis` gives the findings about it and the kind of destination. */
export function fixOf(fix: Fix, diagnosis: Diagnosis): FixView {
  return {
    template: templateOf(fix),
    summary: sentence(fix.summary),
    kind: sentence(fix.kind),
    yaml: block('yaml', fixYaml(fix)),
    diffs: (fix.changes ?? []).map(({ policy, diff }) => ({ policy, diff: block('text', diff) })),
    pinsAddresses: diagnosis.destination.host.kind === 'name' && pinsAddresses(fix.manifests),
    before: fix.proof.before,
    after: fix.proof.after,
    opens: flowLines(fix.newlyAllowed),
    closes: flowLines(fix.proof.newlyDenied),
    proofs: proofsOf(fix.proof),
    stillFails: diagnosis.verdict.findings
      .filter(finding => finding.kind === 'still-fails-after-fix')
      .map(finding => sentence(finding.text)),
  };
}

/** The fix as YAML documents, ready for `kubectl apply -f -`. Long lines are never folded. */
export function fixYaml(fix: Pick<Fix, 'manifests'>): string {
  return fix.manifests.map(manifest => stringify(manifest, { lineWidth: 0 })).join('---\n');
}

/** Lower-case kind of the first manifest, with its group unless it is Kubernetes' own. */
function templateOf(fix: Fix): string {
  const first = fix.manifests[0] ?? {};
  const kind = String(first.kind ?? 'any').toLowerCase();
  const group = String(first.apiVersion ?? '').split('/')[0] ?? '';
  return group === 'networking.k8s.io' ? kind : `${kind}.${group}`;
}

/** Whether any block names less than a whole address family. */
function pinsAddresses(manifests: Fix['manifests']): boolean {
  const text = JSON.stringify(manifests);
  const nets = [...text.matchAll(/"nets":\[([^\]]*)\]/g)].flatMap(([, list = '']) =>
    list.replaceAll('"', '').split(','),
  );
  const blocks = [...[...text.matchAll(/"cidr":"([^"]*)"/g)].map(found => found[1]), ...nets];
  return blocks.some(cidr => cidr !== '0.0.0.0/0' && cidr !== '::/0');
}

function flowLines(sets: readonly FlowSet[]): readonly string[] {
  const lines = sets.slice(0, FLOW_SETS_SHOWN).map(flowSetText);
  const rest = sets.length - lines.length;
  return rest > 0 ? [...lines, `and ${countText(rest, 'more set')} of flows (all are in the JSON)`] : lines;
}

function proofsOf(proof: Proof): FixView['proofs'] {
  const lines: { tone: Tone; text: string }[] = [
    {
      tone: proof.after === 'allow' ? 'good' : 'bad',
      text: `predicted: ${proof.before} -> ${proof.after}, by evaluating every policy again with this one`,
    },
    dryRunLine(proof.serverDryRun),
  ];
  const verified = verifiedLine(proof.verified);
  return [...lines, ...(verified === null ? [] : [verified])].map(line => ({ ...line, symbol: symbolOf(line.tone) }));
}

function dryRunLine(dryRun: Proof['serverDryRun']): { tone: Tone; text: string } {
  switch (dryRun.kind) {
    case 'accepted':
      return { tone: 'good', text: 'observed: the API server accepted it in a dry run' };
    case 'refused':
      return { tone: 'bad', text: `observed: the API server refused it in a dry run: ${dryRun.why}` };
    case 'skipped':
      return { tone: 'none', text: `dry run skipped: ${dryRun.why}` };
    default:
      return dryRun satisfies never;
  }
}

function verifiedLine(verified: Proof['verified']): { tone: Tone; text: string } | null {
  switch (verified.kind) {
    case 'not-asked':
      return null;
    case 'reachable':
      return { tone: 'good', text: 'observed: applied, and the same probes now get through' };
    case 'still-failing':
      return { tone: 'bad', text: `observed: applied, and the same probes still fail: ${verified.code}` };
    default:
      return verified satisfies never;
  }
}
