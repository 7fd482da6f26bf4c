/** The `icmps` of a Cilium rule: https://docs.cilium.io/en/stable/security/policy/language/#limit-icmp-icmpv6-types */
import type { RuleContext } from './cilium-context.ts';
import { ciliumHas } from './cilium-versions.ts';
import type { PortTerm } from './model.ts';
import { isRecord, quoted } from './reading.ts';

/** Names that later versions accept for a type: https://www.iana.org/assignments/icmp-parameters and icmpv6-parameters. */
const TYPE_NAMES: Readonly<Record<4 | 6, Readonly<Record<string, number>>>> = {
  4: {
    EchoReply: 0,
    DestinationUnreachable: 3,
    Redirect: 5,
    Echo: 8,
    EchoRequest: 8,
    RouterAdvertisement: 9,
    RouterSelection: 10,
    TimeExceeded: 11,
    ParameterProblem: 12,
    Timestamp: 13,
    TimestampReply: 14,
    Photuris: 40,
    ExtendedEchoRequest: 42,
    ExtendedEchoReply: 43,
  },
  6: {
    DestinationUnreachable: 1,
    PacketTooBig: 2,
    TimeExceeded: 3,
    ParameterProblem: 4,
    EchoRequest: 128,
    EchoReply: 129,
    MulticastListenerQuery: 130,
    MulticastListenerReport: 131,
    MulticastListenerDone: 132,
    RouterSolicitation: 133,
    RouterAdvertisement: 134,
    NeighborSolicitation: 135,
    NeighborAdvertisement: 136,
    RedirectMessage: 137,
  },
};

const HIGHEST_TYPE = 255;
/** The agent's own limit. */
const MOST_FIELDS = 40;

/** Reads a list of `{fields: [{family, type}]}`; the family is IPv4 where none is given. An empty one opens nothing. */
export function readIcmps(value: unknown, where: string, context: RuleContext): readonly PortTerm[] {
  if (!Array.isArray(value)) return [unreadable(`${where} is not a list`, context)];
  return value.flatMap((item: unknown, index) => {
    const fields = isRecord(item) ? (item.fields ?? []) : null;
    if (!Array.isArray(fields)) return [unreadable(`${where}[${index}] has no list of fields`, context)];
    if (fields.length > MOST_FIELDS) context.refusals.push(`${where}[${index}] has more than ${MOST_FIELDS} fields`);
    return fields.flatMap((field: unknown, place) => readField(field, `${where}[${index}].fields[${place}]`, context));
  });
}

function readField(field: unknown, where: string, context: RuleContext): readonly PortTerm[] {
  if (!isRecord(field)) return [unreadable(`${where} is no object`, context)];
  const { family = 'IPv4', type } = field;
  if (family !== 'IPv4' && family !== 'IPv6' && family !== '')
    return [unreadable(`${where}: unknown family ${quoted(family)}`, context)];
  const number = family === 'IPv6' ? 6 : 4;
  const known = readType(type, number);
  if (known === null) return [unreadable(`${where}: unknown ICMP type ${quoted(type)}`, context)];
  const term: PortTerm = { kind: 'icmp', family: number, type: known, code: null };
  if (known !== 0) return [term];
  const answer = ciliumHas(context.engine, 'icmp-type-0-is-every-type');
  switch (answer) {
    case 'yes':
      return [{ ...term, type: null }];
    case 'no':
      return [term];
    case 'unknown': {
      const why = 'whether ICMP type 0 stands for every type is not known for this version of Cilium';
      return [term, { kind: 'left-to-engine', protocol: 'ICMP', first: 0, last: 0, why }];
    }
    default:
      return answer satisfies never;
  }
}

function readType(type: unknown, family: 4 | 6): number | null {
  const names = TYPE_NAMES[family];
  if (typeof type === 'string' && Object.hasOwn(names, type)) return names[type] ?? null;
  const value = typeof type === 'string' && /^\d{1,3}$/.test(type) ? Number(type) : type;
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= HIGHEST_TYPE ? value : null;
}

function unreadable(why: string, { notebook }: RuleContext): PortTerm {
  notebook.problems.push(why);
  return { kind: 'unreadable', why };
}
