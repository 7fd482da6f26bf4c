/** A pod with a proxy asks two questions, pod -> proxy and proxy -> host: both -> one conclusion. */
import type { Confidence } from '../model.ts';
import { type AddressRow, compareProxy } from './comparison.ts';
import { concludeAddress } from './conclude-address.ts';
import { concludeName, type NameConclusion } from './conclude-name.ts';
import type { Conclusion } from './conclusion.ts';
import type { VerdictFacts } from './facts.ts';
import { describeLookup, isSameName, lookedUpName } from './lookup.ts';
import { describeReach, observationsFrom, type Reach, reachOf } from './reach.ts';
import { denialText, destinationText, endText, listed } from './wording.ts';

/** The proxy that the pod's variables name for this destination. */
export type ProxyInUse = { readonly variable: string; readonly host: string; readonly port: number };

/**
 * The proxy that the pod uses for this destination; null: it connects directly, or that is not known. The variables are
 * a convention of HTTP clients: a plain TCP or UDP client does not read them.
 */
export function proxyInUse(facts: VerdictFacts): ProxyInUse | null {
  if (facts.question.destination.application === 'none') return null;
  return facts.target.proxy.kind === 'set' ? facts.target.proxy.uses : null;
}

/** Concludes the way through the proxy. The direct path takes no part: that it is closed may be on purpose. */
export function concludeProxied(facts: VerdictFacts, proxy: ProxyInUse): Conclusion {
  const row = compareProxy(facts);
  if (row.pod.kind === 'connected') return proxyConnected(facts, proxy, row);
  if (row.pod.kind === 'not-looked') return proxyUnseen(facts, proxy, row);
  return proxyFails(facts, proxy, row);
}

/** What is behind the proxy, from one vantage's observations through it. */
export type BehindProxy =
  | { readonly kind: 'host'; readonly reach: Reach }
  /** The proxy answered for itself: it did not, or could not, connect to the host. */
  | { readonly kind: 'proxy-status'; readonly status: number };

/** Statuses that are the proxy's own also where it forwards plain HTTP. RFC 9110 sections 15.5.8 and 15.6.3 to 15.6.5. */
const PROXY_STATUSES: ReadonlySet<number> = new Set([407, 502, 503, 504]);

/** Tells the proxy's own answer from the host's: before a TLS handshake every status of an https question is the proxy's. */
function behindProxy(facts: VerdictFacts): BehindProxy {
  const seen = observationsFrom(facts, 'pod', 'proxy');
  const isSecured = seen.some(each => each.layer === 'tls' && each.outcome.kind === 'connected');
  for (const each of seen) {
    if (each.outcome.kind !== 'http-status' || isSecured) continue;
    const { status } = each.outcome;
    const isHttps = facts.question.destination.application === 'https';
    if (isHttps || each.layer !== 'http' || PROXY_STATUSES.has(status)) return { kind: 'proxy-status', status };
  }
  return {
    kind: 'host',
    reach: reachOf(
      seen.filter(each => each.layer !== 'tcp'),
      false,
    ),
  };
}

function proxyText(proxy: ProxyInUse): string {
  return `${endText(proxy.host, proxy.port)} (${proxy.variable})`;
}

function plain(
  code: Conclusion['code'],
  confidence: Confidence | null,
  layer: Conclusion['layer'],
  summary: string,
): Conclusion {
  return { code, confidence, about: 'proxy', summary, layer, culprits: [], behind: [] };
}

function proxyConnected(facts: VerdictFacts, proxy: ProxyInUse, row: AddressRow): Conclusion {
  const agreed: Confidence = row.expected.decision === 'allow' ? 'confirmed' : 'observed';
  const behind = behindProxy(facts);
  if (behind.kind === 'proxy-status') {
    const what = behind.status === 407 ? 'asks for credentials that it was not given' : 'does not connect to the host';
    return plain(
      'proxy-misconfigured',
      agreed,
      'http',
      `the proxy ${proxyText(proxy)} answers with status ${behind.status}: it ${what}`,
    );
  }
  const { reach } = behind;
  switch (reach.kind) {
    case 'connected':
      return reach.after === 'nothing'
        ? proxiedHostAnswers(facts, proxy, row, agreed)
        : proxySilent(facts, proxy, agreed, reach);
    case 'tls-failed':
      return plain(
        'tls-failed',
        agreed,
        'tls',
        `through the proxy ${proxyText(proxy)}, TLS with ${destinationText(facts)} fails: ${reach.why}`,
      );
    case 'blocked':
    case 'inconclusive':
      return proxySilent(facts, proxy, agreed, reach);
    case 'not-looked':
      return plain(
        'not-known',
        null,
        null,
        `the pod connects to its proxy ${proxyText(proxy)}; what is behind it was not looked at: ${reach.why}`,
      );
    default:
      return reach satisfies never;
  }
}

function proxiedHostAnswers(facts: VerdictFacts, proxy: ProxyInUse, row: AddressRow, agreed: Confidence): Conclusion {
  if (row.expected.decision === 'deny') {
    const summary = `${denialText([row.expected])} the way to the proxy ${proxyText(proxy)}, and yet the pod connects through it`;
    return { ...plain('policy-not-enforced', 'observed', 'tcp', summary), culprits: [row.expected] };
  }
  return plain(
    'reachable',
    agreed,
    null,
    `${destinationText(facts)} answers the pod through its proxy ${proxyText(proxy)}`,
  );
}

function proxySilent(facts: VerdictFacts, proxy: ProxyInUse, agreed: Confidence, reach: Reach): Conclusion {
  const summary = `the pod connects to its proxy ${proxyText(proxy)}, and ${destinationText(facts)} does not answer through it (${describeReach(reach)})`;
  return plain('proxy-misconfigured', agreed, 'http', summary);
}

/** The pod gets no connection to its proxy. */
function proxyFails(facts: VerdictFacts, proxy: ProxyInUse, row: AddressRow): Conclusion {
  const { code, confidence } = concludeAddress(row);
  const seen = describeReach(row.pod);
  switch (code) {
    case 'denied-by-policy':
    case 'partly-denied':
      return {
        ...plain(code, confidence, 'tcp', deniedSummary(proxy, row)),
        culprits: [row.expected, ...deniedLookup(facts, proxy)],
      };
    case 'dropped-unexplained':
      return plain(
        code,
        confidence,
        'tcp',
        `the pod alone does not get through to its proxy ${proxyText(proxy)}: ${seen}`,
      );
    case 'not-known':
      return plain(
        code,
        null,
        'tcp',
        `the pod does not get through to its proxy ${proxyText(proxy)} (${seen}); why is not known`,
      );
    case 'refused-by-host':
    case 'blocked-beyond-node':
    case 'no-common-address-family':
    case 'tls-failed':
    case 'reachable':
    case 'policy-not-enforced':
      return plain('proxy-misconfigured', confidence, 'tcp', `the proxy ${proxyText(proxy)} does not answer: ${seen}`);
    default:
      return code satisfies never;
  }
}

function deniedSummary(proxy: ProxyInUse, row: AddressRow): string {
  return `${denialText([row.expected])} the pod its proxy ${proxyText(proxy)}`;
}

function deniedLookup(facts: VerdictFacts, proxy: ProxyInUse): Conclusion['culprits'] {
  const name = proxyName(facts, proxy);
  return name.kind === 'denied' ? [name.expected] : [];
}

/** Whether the pod can resolve the proxy's name. */
export function proxyName(facts: VerdictFacts, proxy: ProxyInUse): NameConclusion {
  if (proxy.host.includes(':') || /^[\d.]+$/.test(proxy.host)) return { kind: 'no-name' };
  const destination = lookedUpName(facts);
  const isTheSame = destination !== null && isSameName(destination, proxy.host) && facts.host.kind === 'name';
  return concludeName(facts, proxy.host, isTheSame && facts.host.resolvedBy === 'pod');
}

/** No connect to the proxy was tried: its name and the rules speak. */
function proxyUnseen(facts: VerdictFacts, proxy: ProxyInUse, row: AddressRow): Conclusion {
  const name = proxyName(facts, proxy);
  if (name.kind === 'fails') return proxyNameFails(proxy, name);
  const denied = row.expected.decision === 'deny';
  if (name.kind === 'denied' && !denied) {
    const summary = `${denialText([name.expected])} the lookup of the pod's proxy ${proxy.host}`;
    return {
      ...plain('dns-denied-by-policy', name.confidence, 'dns', summary),
      about: 'name',
      culprits: [name.expected],
    };
  }
  if (denied) {
    const culprits = [row.expected, ...deniedLookup(facts, proxy)];
    const confidence = name.kind === 'denied' ? name.confidence : 'predicted';
    return {
      ...plain('denied-by-policy', confidence, name.kind === 'denied' ? 'dns' : 'tcp', deniedSummary(proxy, row)),
      culprits,
    };
  }
  if (row.expected.decision === 'mixed') {
    return { ...plain('partly-denied', 'predicted', 'tcp', deniedSummary(proxy, row)), culprits: [row.expected] };
  }
  if (row.expected.decision === 'allow' && name.kind !== 'unknown') {
    return plain(
      'reachable',
      'predicted',
      null,
      `the rules allow the way to the proxy ${proxyText(proxy)}; nobody looked whether it answers`,
    );
  }
  const reasons = [...row.expected.unknowns, ...(name.kind === 'unknown' ? [name.why] : [])];
  const because = reasons.length > 0 ? listed(reasons) : 'the rules were not judged';
  return plain(
    'not-known',
    null,
    null,
    `whether the pod may reach its proxy ${proxyText(proxy)} is not known: ${because}`,
  );
}

function proxyNameFails(proxy: ProxyInUse, name: Extract<NameConclusion, { kind: 'fails' }>): Conclusion {
  const summary = `the name of the pod's proxy, ${proxy.host}, ${describeLookup(name.seen)} (${proxy.variable}); ${name.why}`;
  // A resolver that says no speaks of the variable's value; a silent one speaks of the pod's DNS.
  const code = name.seen.kind === 'unanswered' ? 'name-not-resolved' : 'proxy-misconfigured';
  return { ...plain(code, name.confidence, 'dns', summary), about: code === 'name-not-resolved' ? 'name' : 'proxy' };
}
