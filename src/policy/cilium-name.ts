/** matchName and matchPattern, in toFQDNs and in DNS rules: https://docs.cilium.io/en/stable/security/policy/language/#dns-based */
import type { RuleContext } from './cilium-context.ts';
import { ciliumHas } from './cilium-versions.ts';
import { isRecord, quoted } from './reading.ts';

/** A name, a pattern, nothing at all, or why it is neither. Lower case, without the trailing dot. */
export type DnsName =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'pattern'; readonly pattern: string }
  | { readonly kind: 'empty' }
  | { readonly kind: 'unreadable'; readonly why: string };

/** Reads `{matchName}` or `{matchPattern}`. What Cilium's own checks refuse is noted as a refusal. */
export function readDnsName(item: unknown, where: string, context: RuleContext): DnsName {
  const { notebook, refusals } = context;
  const fail = (why: string): DnsName => {
    notebook.problems.push(why);
    return { kind: 'unreadable', why };
  };
  if (!isRecord(item)) return fail(`${where} is no object`);
  const odd = Object.keys(item).find(key => key !== 'matchName' && key !== 'matchPattern');
  if (odd !== undefined) return fail(`${where} has the unknown field "${odd}"`);
  const { matchName = '', matchPattern = '' } = item;
  if (typeof matchName !== 'string') return fail(`${where}: matchName is no text: ${quoted(matchName)}`);
  if (typeof matchPattern !== 'string') return fail(`${where}: matchPattern is no text: ${quoted(matchPattern)}`);
  if (matchName !== '' && !/^[-a-z0-9_.]+$/i.test(matchName))
    return fail(`${where}: invalid matchName ${quoted(matchName)}`);
  if (matchPattern !== '' && !/^[-a-z0-9_.*]+$/i.test(matchPattern))
    return fail(`${where}: invalid matchPattern ${quoted(matchPattern)}`);
  if (matchName !== '' && matchPattern !== '') refusals.push(`${where} has matchName together with matchPattern`);
  if (matchName !== '') return { kind: 'name', name: canonical(matchName) };
  if (matchPattern === '') return { kind: 'empty' };
  if (matchPattern.startsWith('**.') && ciliumHas(context.engine, 'two-stars-stay-within-a-label') !== 'yes')
    return { kind: 'unreadable', why: `whether ** of ${matchPattern} crosses dots is not known for this version` };
  // A star alone is every name; with a dot after it, every name of one label.
  return { kind: 'pattern', pattern: matchPattern === '*.' ? matchPattern : canonical(matchPattern) };
}

function canonical(text: string): string {
  return text.toLowerCase().replace(/\.$/, '');
}
