/** Asks DNS for the hosts that policies name beside their addresses: `egress lint --lookup`. */
import { Resolver } from 'node:dns/promises';
import { hostsNamed } from '../lint/pinned.ts';
import { type LintInput, readWorld } from '../lint/world.ts';

/** What is asked: Node's resolver of this machine, but for tests. */
export type Lookup = Pick<Resolver, 'resolve4' | 'resolve6'>;

/** Long enough for a resolver that asks others in turn; asked twice. */
const PATIENCE = { timeout: 3000, tries: 2 };

/** The resolver of this machine. */
export function machineLookup(): Lookup {
  return new Resolver(PATIENCE);
}

/** The input with what DNS says; a host that gets no clear answer stays unknown, with the reason. What was given wins. */
export async function withLookups(input: LintInput, lookup: Lookup): Promise<LintInput> {
  const hosts = hostsNamed(readWorld(input)).filter(host => !Object.hasOwn(input.dns, host));
  const answers = await Promise.all(hosts.map(async host => ({ host, answer: await askBoth(host, lookup) })));
  const known = answers.flatMap(({ host, answer }) => (answer.kind === 'addresses' ? [[host, answer.addresses]] : []));
  const unknown = answers.flatMap(({ host, answer }) => (answer.kind === 'unknown' ? [[host, answer.why]] : []));
  return {
    ...input,
    dns: { ...Object.fromEntries(known), ...input.dns },
    lookedUpInVain: Object.fromEntries(unknown) as Readonly<Record<string, string>>,
  };
}

type Answer =
  | { readonly kind: 'addresses'; readonly addresses: readonly string[] }
  | { readonly kind: 'unknown'; readonly why: string };

/** Both families count: with one of them unanswered, an address may be missing from the other's list. */
async function askBoth(host: string, lookup: Lookup): Promise<Answer> {
  const settled = await Promise.allSettled([lookup.resolve4(host), lookup.resolve6(host)]);
  const unanswered = settled.flatMap(each =>
    each.status === 'rejected' && !isAnswer(each.reason) ? [each.reason] : [],
  );
  const [trouble] = unanswered;
  if (trouble !== undefined) return { kind: 'unknown', why: `DNS did not answer for it: ${codeOf(trouble)}` };
  const addresses = settled.flatMap(each => (each.status === 'fulfilled' ? each.value : []));
  if (addresses.length > 0) return { kind: 'addresses', addresses };
  // As likely a resolver without the internet as a host that is gone.
  return {
    kind: 'unknown',
    why: 'DNS has no address for it; the host may be gone, or this resolver does not see the internet',
  };
}

/** The word that there is no such name, or no address of this family. */
function isAnswer(error: unknown): boolean {
  return codeOf(error) === 'ENOTFOUND' || codeOf(error) === 'ENODATA';
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
