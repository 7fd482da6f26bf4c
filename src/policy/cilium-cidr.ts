/** toCIDR, toCIDRSet and CiliumCIDRGroup: https://docs.cilium.io/en/stable/security/policy/language/#ip-cidr-based */
import { coversRange, readRange } from './address.ts';
import type { CidrGroup, RuleContext } from './cilium-context.ts';
import { ciliumHas } from './cilium-versions.ts';
import { ipBlockReach } from './departures.ts';
import type { AddressRange, PeerTerm } from './model.ts';
import { identityOf, isRecord, type Json, listAt, type Notebook, quoted, textsAt } from './reading.ts';
import { matchExpression, readLabelSelector } from './selector.ts';

/** Reads ranges. */
export function readCidrs(list: readonly unknown[], where: string, context: RuleContext): readonly PeerTerm[] {
  return list.map((item, index) => {
    const range = readCidr(item);
    return range === null
      ? unreadable(`${where}[${index}]: invalid CIDR ${quoted(item)}`, context)
      : block(range, [], context);
  });
}

/** Reads `{cidr, except}`, `{cidrGroupRef}` and `{cidrGroupSelector}`. A group that does not exist has no ranges. */
export function readCidrSet(list: readonly unknown[], where: string, context: RuleContext): readonly PeerTerm[] {
  return list.flatMap((item: unknown, index) => readSetItem(item, `${where}[${index}]`, context));
}

const SET_KEYS: ReadonlySet<string> = new Set(['cidr', 'except', 'cidrGroupRef', 'cidrGroupSelector']);

function readSetItem(item: unknown, where: string, context: RuleContext): readonly PeerTerm[] {
  if (!isRecord(item)) return [unreadable(`${where} is no object`, context)];
  const odd = Object.keys(item).find(key => !SET_KEYS.has(key));
  if (odd !== undefined) return [unreadable(`${where} has the unknown field "${odd}"`, context)];
  const kinds = ['cidr', 'cidrGroupRef', 'cidrGroupSelector'].filter(
    key => item[key] !== undefined && item[key] !== null,
  );
  if (kinds.length !== 1)
    return [unreadable(`${where} must have one of cidr, cidrGroupRef and cidrGroupSelector`, context)];
  const except = readExcept(item.except, where, context);
  if (except === null) return [{ kind: 'unreadable', why: `${where}.except cannot be read` }];
  if (kinds[0] !== 'cidr') return readGroupReference(item, where, except, context);
  const range = readCidr(item.cidr);
  if (range === null) return [unreadable(`${where}: invalid CIDR ${quoted(item.cidr)}`, context)];
  for (const each of except)
    if (!coversRange(range, each)) context.refusals.push(`${where}: except ${each.text} is not inside ${range.text}`);
  return [block(range, except, context)];
}

function readExcept(value: unknown, where: string, context: RuleContext): readonly AddressRange[] | null {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    context.notebook.problems.push(`${where}.except is not a list`);
    return null;
  }
  const ranges = value.map((each: unknown) => readCidr(each));
  const failed = ranges.indexOf(null);
  if (failed < 0) return ranges.filter(each => each !== null);
  context.notebook.problems.push(`${where}.except[${failed}]: invalid CIDR ${quoted(value[failed])}`);
  return null;
}

function readGroupReference(
  item: Json,
  where: string,
  except: readonly AddressRange[],
  context: RuleContext,
): readonly PeerTerm[] {
  if (except.length > 0) context.refusals.push(`${where} has except together with a group`);
  const groups = groupsOf(item, where, context);
  if (typeof groups === 'string') return [{ kind: 'unreadable', why: groups }];
  const refused = ciliumHas(context.engine, 'egress-cidr-groups-are-refused');
  if (refused !== 'no' && (context.direction === 'egress' || context.action === 'deny')) {
    const why = `${where} refers to a CIDR group, which this version knows in ingress rules only`;
    if (refused === 'yes' && context.action === 'accept') context.refusals.push(why);
    else return [unreadable(why, context)];
  }
  return groups.flatMap(group => group.ranges.map(range => block(range, except, context)));
}

function groupsOf(item: Json, where: string, context: RuleContext): readonly CidrGroup[] | string {
  const fail = (why: string): string => {
    context.notebook.problems.push(why);
    return why;
  };
  const { cidrGroupRef: name, cidrGroupSelector: selector } = item;
  if (name !== undefined && name !== null) {
    if (typeof name !== 'string') return fail(`${where}: cidrGroupRef is no text: ${quoted(name)}`);
    const found = context.groups.filter(group => group.name === name);
    if (found.length === 0) context.notebook.problems.push(`${where}: CiliumCIDRGroup ${name} does not exist`);
    return found;
  }
  if (ciliumHas(context.engine, 'has-fields-of-1.17') === 'no')
    return fail(`${where}: cidrGroupSelector is unknown to Cilium ${context.engine.version}`);
  const expression = readLabelSelector(selector, `${where}.cidrGroupSelector`, context.notebook);
  return context.groups.filter(group => matchExpression(expression, group.labels).match === 'yes');
}

function block(range: AddressRange, except: readonly AddressRange[], { engine }: RuleContext): PeerTerm {
  return {
    kind: 'ipBlock',
    range,
    except,
    overPods: ipBlockReach(engine, 'pods'),
    overNodes: ipBlockReach(engine, 'nodes'),
  };
}

/** Host bits mean the network, as Cilium takes them. An address without a length is refused by the API server. */
function readCidr(value: unknown): AddressRange | null {
  const range = typeof value === 'string' ? readRange(value) : null;
  return range?.kind === 'range' ? range.range : null;
}

/** Reads a CiliumCIDRGroup; ranges that are none are left out and told. */
export function readCidrGroup(object: Json, notebook: Notebook): CidrGroup {
  const ranges = listAt(object, 'spec', 'externalCIDRs').flatMap((item, index) => {
    const range = readCidr(item);
    if (range === null) notebook.problems.push(`externalCIDRs[${index}]: invalid CIDR ${quoted(item)}`);
    return range === null ? [] : [range];
  });
  return { name: identityOf(object)?.name ?? '', labels: textsAt(object, 'metadata', 'labels'), ranges };
}

function unreadable(why: string, { notebook }: RuleContext): PeerTerm {
  notebook.problems.push(why);
  return { kind: 'unreadable', why };
}
