/** The few phrases that several sentences of a verdict share. */
import type { FlowPrediction, Vantage } from '../model.ts';
import type { Expectation } from './expectation.ts';
import type { VerdictFacts } from './facts.ts';

/** The destination as `host:port`, IPv6 in brackets. Hostile text stays as it is: the renderer escapes. */
export function destinationText(facts: VerdictFacts): string {
  const { host, port } = facts.question.destination;
  return host.kind === 'name' ? `${host.name}:${port}` : endText(host.address, port);
}

/** `address:port`, IPv6 in brackets. */
export function endText(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** The target as `ns/name`. */
export function podText(facts: VerdictFacts): string {
  return `${facts.target.namespace}/${facts.target.pod}`;
}

/** A vantage as the subject of a sentence. */
export function vantageText(vantage: Vantage): string {
  switch (vantage) {
    case 'pod':
      return 'the pod';
    case 'control':
      return 'the control pod';
    case 'node':
      return 'the node';
    case 'outside':
      return 'the host that this program runs on';
    default:
      return vantage satisfies never;
  }
}

/** "a", "a and b", "a, b and c". */
export function listed(texts: readonly string[]): string {
  const last = texts.at(-1) ?? '';
  return texts.length < 2 ? last : `${texts.slice(0, -1).join(', ')} and ${last}`;
}

/** The sentence with a full stop, and a capital unless it begins with a name (`api.stripe.com`, `payments/web`). */
export function sentence(text: string): string {
  const ended = /[.!?]$/.test(text) ? text : `${text}.`;
  return /^[a-z]+['a-z]*[ ,:]/.test(ended) ? ended.charAt(0).toUpperCase() + ended.slice(1) : ended;
}

/** "A denies", "A and B deny". */
export function denyText(policies: readonly string[]): string {
  return `${listed(policies)} ${policies.length === 1 ? 'denies' : 'deny'}`;
}

/** The deciding policies of several expectations, in order, each once. */
export function policiesOf(expectations: readonly Expectation[]): readonly string[] {
  return [...new Set(expectations.flatMap(each => each.deniedBy))];
}

/** The denied flows of several expectations. */
export function deniedFlowsOf(expectations: readonly Expectation[]): readonly FlowPrediction[] {
  return expectations.flatMap(each => each.flows.filter(flow => flow.decision === 'deny'));
}

/** Who denies, with the verb: "NetworkPolicy a/b (the pod's egress rules) denies". */
export function denialText(expectations: readonly Expectation[]): string {
  const policies = policiesOf(expectations);
  const side = deniedFlowsOf(expectations).find(flow => flow.side !== null)?.side ?? 'egress';
  const whose = side === 'ingress' ? 'the ingress rules of the destination' : "the pod's egress rules";
  if (policies.length === 0) return `${whose} deny`;
  return `${listed(policies)} (${whose}) ${policies.length === 1 ? 'denies' : 'deny'}`;
}
