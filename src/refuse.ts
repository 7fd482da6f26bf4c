/**
 * Addresses that are never probed, whoever asks and whatever name led there. A probe runs with the pod's identity, and
 * its answer is shown in a chat: the instance's credentials must not be one question away.
 */
import { shown } from './hostname.ts';
import { type Address, coversAddress, formatAddress, rangeOf, readAddress, readRange } from './policy/address.ts';
import type { AddressRange } from './policy/model.ts';

/** Why an address is refused: one sentence that names it. */
export type Refusal = { readonly why: string };

/** What an address is wanted for. The nameservers are those of the pod's resolv.conf. */
export type AddressUse = { readonly port: number; readonly nameservers: readonly string[] };

type Reserved = { readonly range: AddressRange; readonly why: string };

const METADATA = "answers with the cloud instance's own metadata and credentials";
const LINK_LOCAL =
  'is link-local: it means something else on every node, and cloud metadata and credentials live there';
const LOOPBACK = "is loopback: a pod's loopback never leaves the pod, so no rule and no network can block it";
const UNSPECIFIED = 'is the unspecified address or network: it names no host';
const MULTICAST = 'is multicast: a group, not a host';

/** The narrower block comes first. Sources: IANA's special-purpose registries, and each cloud's own documentation. */
const RESERVED: readonly Reserved[] = [
  reserved('169.254.169.254', METADATA), // AWS, Google, Azure, OpenStack and most others
  reserved('169.254.170.2', METADATA), // AWS ECS tasks
  reserved('169.254.170.23', METADATA), // AWS EKS Pod Identity
  reserved('169.254.0.0/16', LINK_LOCAL), // RFC 3927
  reserved('100.100.100.200', METADATA), // Alibaba Cloud
  reserved('168.63.129.16', METADATA), // Azure's host agent (WireServer)
  reserved('192.0.0.192', METADATA), // Oracle Cloud classic
  reserved('fd00:ec2::/32', METADATA), // AWS: metadata ::254, Pod Identity ::23, and its resolver and clock
  reserved('fd20:ce::254', METADATA), // Google Cloud
  reserved('fd00:42::42', METADATA), // Scaleway
  reserved('fe80::a9fe:a9fe', METADATA), // OpenStack
  reserved('fe80::/10', LINK_LOCAL), // RFC 4291
  reserved('127.0.0.0/8', LOOPBACK), // RFC 1122
  reserved('::1', LOOPBACK),
  reserved('0.0.0.0/8', UNSPECIFIED), // RFC 1122: on Linux 0.0.0.0 is the pod itself
  reserved('::', UNSPECIFIED),
  reserved('224.0.0.0/4', MULTICAST), // RFC 5771
  reserved('ff00::/8', MULTICAST), // RFC 4291
  reserved('255.255.255.255', 'is the broadcast address: every host, not one'), // RFC 919
];

/** Forms of IPv6 that carry an IPv4 address to which the packets go in the end; `shift` is where it starts. */
const CARRIERS: readonly { readonly range: AddressRange; readonly shift: bigint; readonly form: string }[] = [
  { range: knownRange('::/96'), shift: 0n, form: 'IPv4-compatible' }, // RFC 4291, deprecated
  { range: knownRange('64:ff9b::/96'), shift: 0n, form: 'NAT64' }, // RFC 6052
  { range: knownRange('64:ff9b:1::/48'), shift: 0n, form: 'NAT64' }, // RFC 8215, with a /96 prefix as is usual
  { range: knownRange('2002::/16'), shift: 80n, form: '6to4' }, // RFC 3056
];

/**
 * Says why an address must not be probed, or null when it may be. It is asked for what a user typed and again for what a
 * name resolves to. `refuseRanges` are CIDR blocks of the configuration; one that cannot be read refuses everything,
 * rather than nothing. With `use`, the pod's own nameservers are exempt on port 53 from all but `refuseRanges`:
 * NodeLocal DNS listens on 169.254.20.10, and its silence is an answer.
 *
 * Refused: `169.254.169.254`, `::ffff:169.254.169.254`, `fe80::1`. Not refused: `203.0.113.43`, `10.0.0.1`.
 */
export function refusalOf(text: string, refuseRanges: readonly string[], use?: AddressUse): Refusal | null {
  const reading = readAddress(text);
  if (reading.kind === 'unreadable') return { why: `${shown(text)} is no IP address.` };
  const forms = formsOf(reading.address);
  const configured = forms.map(form => configuredRefusal(form, refuseRanges)).find(refusal => refusal !== null);
  if (configured !== undefined) return configured;
  if (use !== undefined && isOwnNameserver(reading.address, use)) return null;
  return forms.map(reservedRefusal).find(refusal => refusal !== null) ?? null;
}

/** Reads a range of the configuration: CIDR, or one address. null: unreadable, or bits are set behind the prefix. */
export function readRefuseRange(text: string): AddressRange | null {
  const address = readAddress(text);
  if (address.kind === 'address') return rangeOf(address.address);
  const reading = readRange(text);
  return reading.kind === 'range' && reading.problem === null ? reading.range : null;
}

type Form = { readonly address: Address; readonly as: string };

/** The address itself first, then the IPv4 address that it carries, each with the words that name it. */
function formsOf(address: Address): readonly Form[] {
  const carried = CARRIERS.filter(({ range }) => coversAddress(range, address)).map(({ shift, form }) => {
    const value = (address.value >> shift) & 0xffffffffn;
    const text = formatAddress(4, value);
    return {
      address: { family: 4 as const, value, text },
      as: `${address.text} is the ${form} form of ${text}, which`,
    };
  });
  return [{ address, as: address.text }, ...carried];
}

function reservedRefusal({ address, as }: Form): Refusal | null {
  const hit = RESERVED.find(({ range }) => coversAddress(range, address));
  return hit === undefined ? null : { why: `${as} ${hit.why}.` };
}

function configuredRefusal({ address, as }: Form, refuseRanges: readonly string[]): Refusal | null {
  for (const text of refuseRanges) {
    const range = readRefuseRange(text);
    if (range === null) return { why: `The refused range ${shown(text)} cannot be read, so nothing is probed.` };
    if (coversAddress(range, address))
      return { why: `${as} is inside ${text}, which this installation refuses to probe.` };
  }
  return null;
}

function isOwnNameserver(address: Address, { port, nameservers }: AddressUse): boolean {
  return (
    port === 53 && nameservers.map(readAddress).some(own => own.kind === 'address' && own.address.text === address.text)
  );
}

function reserved(text: string, why: string): Reserved {
  return { range: knownRange(text), why };
}

/** A range of the tables above: unreadable would be a mistake in this file. */
function knownRange(text: string): AddressRange {
  const range = readRefuseRange(text);
  if (range === null) throw new Error(`${text} is no address range`);
  return range;
}
