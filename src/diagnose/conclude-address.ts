/** One address: predicted x observed -> what is concluded of it. */
import type { Confidence, VerdictCode } from '../model.ts';
import type { AddressRow } from './comparison.ts';
import { isFailing, type Reach } from './reach.ts';

/** Verdict codes that a single address can have. */
export type AddressCode = Extract<
  VerdictCode,
  | 'reachable'
  | 'denied-by-policy'
  | 'partly-denied'
  | 'policy-not-enforced'
  | 'tls-failed'
  | 'refused-by-host'
  | 'blocked-beyond-node'
  | 'dropped-unexplained'
  | 'no-common-address-family'
  | 'not-known'
>;

/** What is concluded of one address. */
export type AddressConclusion = {
  readonly row: AddressRow;
  readonly code: AddressCode;
  /** null exactly for not-known. */
  readonly confidence: Confidence | null;
};

type Answer = readonly [code: AddressCode, confidence: Confidence | null];

/** Concludes one row. What the pod itself saw counts first, then the rules, then what the others saw. */
export function concludeAddress(row: AddressRow): AddressConclusion {
  const [code, confidence] = answerFor(row);
  return { row, code, confidence };
}

function answerFor(row: AddressRow): Answer {
  const { pod } = row;
  switch (pod.kind) {
    case 'connected':
      return connectedAnswer(row);
    case 'tls-failed':
      return ['tls-failed', agreeing(row)];
    case 'blocked':
      return pod.how === 'no-route' ? ['no-common-address-family', 'observed'] : failingAnswer(row);
    case 'inconclusive':
      return pod.by === 'sidecar' ? failingAnswer(row) : silentUdpAnswer(row);
    case 'not-looked':
      return unseenAnswer(row);
    default:
      return pod satisfies never;
  }
}

/** The rules let it pass and it passed: both agree. Where they say nothing, the probe alone speaks. */
function agreeing(row: AddressRow): Confidence {
  return row.expected.decision === 'allow' ? 'confirmed' : 'observed';
}

function connectedAnswer(row: AddressRow): Answer {
  if (row.expected.decision === 'deny') return ['policy-not-enforced', 'observed'];
  if (row.expected.decision === 'mixed') return ['partly-denied', 'observed'];
  return ['reachable', agreeing(row)];
}

function failingAnswer(row: AddressRow): Answer {
  switch (row.expected.decision) {
    case 'deny':
      return deniedAnswer(row);
    case 'mixed':
      return ['partly-denied', 'observed'];
    case 'allow':
    case 'unknown':
    case 'not-judged':
      return undeniedAnswer(row);
    default:
      return row.expected.decision satisfies never;
  }
}

/**
 * Silence is what most engines do to a denied packet. An answer (RST, ICMP) may be an engine's reject or the host's own:
 * where the node gets the same answer, the packet has passed the rules.
 */
function deniedAnswer(row: AddressRow): Answer {
  const { pod, node } = row;
  if (pod.kind !== 'blocked' || pod.how === 'dropped') return ['denied-by-policy', 'confirmed'];
  const isSameAnswer = node.kind === 'blocked' && node.how === pod.how;
  if (isSameAnswer && pod.how === 'refused') return ['refused-by-host', 'observed'];
  if (isSameAnswer && pod.how === 'unreachable') return ['blocked-beyond-node', 'observed'];
  return ['denied-by-policy', passes(node) ? 'confirmed' : 'observed'];
}

/** The pod fails and no rule that could be read says so: the others tell where. */
function undeniedAnswer(row: AddressRow): Answer {
  const { pod, node, control } = row;
  if (passes(node) || passes(control)) return ownFailure(row);
  const isRefused = pod.kind === 'blocked' && pod.how === 'refused';
  if (node.kind === 'blocked') {
    if (isRefused) return ['refused-by-host', agreeing(row)];
    // The node's SYN is answered and the pod's is not: the pod's own packets are lost before the host.
    if (node.how === 'refused')
      return isSidecar(pod) ? ['refused-by-host', agreeing(row)] : ['dropped-unexplained', 'observed'];
    return ['blocked-beyond-node', agreeing(row)];
  }
  if (isRefused && (row.expected.decision === 'allow' || isFailing(control))) return ['refused-by-host', agreeing(row)];
  return row.expected.decision === 'allow' || isFailing(control)
    ? ['dropped-unexplained', 'observed']
    : ['not-known', null];
}

/** Others get through: with a sidecar, what ends the connection in the TLS hello; else a drop that no rule explains. */
function ownFailure(row: AddressRow): Answer {
  return row.node.kind === 'tls-failed' && isSidecar(row.pod)
    ? ['tls-failed', 'observed']
    : ['dropped-unexplained', 'observed'];
}

/** UDP: silence says nothing by itself; somebody else's answer makes it a symptom. */
function silentUdpAnswer(row: AddressRow): Answer {
  const others = passes(row.node) || passes(row.control);
  switch (row.expected.decision) {
    case 'deny':
      return ['denied-by-policy', others ? 'confirmed' : 'predicted'];
    case 'mixed':
      return ['partly-denied', 'predicted'];
    case 'allow':
      return others ? ['dropped-unexplained', 'observed'] : ['reachable', 'predicted'];
    case 'unknown':
    case 'not-judged':
      return others ? ['dropped-unexplained', 'observed'] : ['not-known', null];
    default:
      return row.expected.decision satisfies never;
  }
}

/** Nothing was seen from the pod: the rules speak, and where they allow, what the node saw waits for the pod too. */
function unseenAnswer(row: AddressRow): Answer {
  switch (row.expected.decision) {
    case 'deny':
      return ['denied-by-policy', 'predicted'];
    case 'mixed':
      return ['partly-denied', 'predicted'];
    case 'allow':
      return [nodeCode(row.node), 'predicted'];
    case 'unknown':
    case 'not-judged':
      return ['not-known', null];
    default:
      return row.expected.decision satisfies never;
  }
}

function nodeCode(node: Reach): AddressCode {
  if (node.kind === 'tls-failed') return 'tls-failed';
  if (node.kind !== 'blocked') return 'reachable';
  return node.how === 'refused' ? 'refused-by-host' : 'blocked-beyond-node';
}

/** Packets get to the host and back. A failed TLS handshake is the host's answer. */
function passes(reach: Reach): boolean {
  return reach.kind === 'connected' || reach.kind === 'tls-failed';
}

function isSidecar(reach: Reach): boolean {
  return reach.kind === 'inconclusive' && reach.by === 'sidecar';
}
