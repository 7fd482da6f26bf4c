/**
 * Everything that is concluded where what was seen and what the rules say meet in every way: the goldens in `verdicts`.
 * The tables say what must be concluded and why; these show a change in any sentence.
 */
import { join } from 'node:path';
import type { VerdictFacts } from '../../src/diagnose/facts.ts';
import { concludeVerdict } from '../../src/diagnose/verdict.ts';
import type { Observation, Verdict } from '../../src/model.ts';
import * as v from '../tables/verdict-builders.ts';

type Named<Part> = Readonly<Record<string, Part>>;
type Seen = readonly Observation[];

/** What the pod saw on its own way to the host. */
const POD: Named<Seen> = {
  'nobody looked': [],
  'all works': v.works('pod'),
  'everything is dropped': v.cutOff('pod'),
  'the host is dropped': v.fails('pod', v.dropped),
  'the host refuses': v.fails('pod', v.refused),
  'the host is prohibited': v.fails('pod', v.prohibited),
  'there is no route': v.fails('pod', v.noRoute),
  'the connection is reset': v.fails('pod', { kind: 'reset' }),
  'sending is not permitted': v.fails('pod', { kind: 'local-error', errno: 'EPERM' }),
  'the tool is missing': v.fails('pod', v.notRun),
  'the name does not exist': [v.saw('pod', 'dns', v.nxdomain)],
  'the resolver fails': [v.saw('pod', 'dns', v.servfail)],
  'the resolver refuses': [v.saw('pod', 'dns', v.refusedName)],
  'the name has no records': [v.saw('pod', 'dns', v.noRecords)],
  'DNS alone is silent': [v.saw('pod', 'dns', v.dnsSilent), ...v.reaches('pod')],
  'DNS answers over TCP alone': [
    v.saw('pod', 'dns', v.dnsSilent),
    v.saw('pod', 'dns', v.answers(v.A), { protocol: 'TCP' }),
    ...v.reaches('pod'),
  ],
  'the certificate expired': [...v.fails('pod', v.connected), v.saw('pod', 'tls', v.tlsFails('expired'))],
  'TLS is reset': [...v.fails('pod', v.connected), v.saw('pod', 'tls', v.tlsFails('reset'))],
  'TLS is silent': [...v.fails('pod', v.connected), v.saw('pod', 'tls', v.silent('tls'))],
  'HTTP is silent': [...v.works('pod').slice(0, -1), v.saw('pod', 'http', v.silent('http'))],
  'the status is 403': [...v.works('pod').slice(0, -1), v.saw('pod', 'http', v.status(403))],
  'the status is 503': [...v.works('pod').slice(0, -1), v.saw('pod', 'http', v.status(503))],
  'one of two addresses is dropped': [
    ...v.works('pod'),
    v.saw('pod', 'dns', v.answers(v.A, v.B)),
    ...v.fails('pod', v.dropped, v.B).slice(2),
  ],
  'both addresses are dropped': [
    ...v.cutOff('pod'),
    v.saw('pod', 'dns', v.answers(v.A, v.B)),
    v.saw('pod', 'tcp', v.dropped, { address: v.B }),
  ],
};

/** What the others saw. */
const OTHERS: Named<Seen> = {
  '': [],
  'control and node work': [...v.works('control'), ...v.works('node')],
  'control and node are dropped': [...v.fails('control', v.dropped), ...v.fails('node', v.dropped)],
  'control fails, node works': [...v.cutOff('control'), ...v.works('node')],
  'node is refused': v.fails('node', v.refused),
  'node cannot resolve it': [v.saw('node', 'dns', v.nxdomain)],
};

const RULES: Named<VerdictFacts['prediction']['flows']> = {
  allowed: v.rules('allow'),
  denied: v.rules('deny'),
  'host denied': v.rules({ destination: 'deny' }),
  'DNS denied': v.rules({ dns: 'deny', by: [v.OTHER] }),
  unknown: v.rules('unknown'),
  'control denied too': v.rules({ destination: 'deny', dns: 'deny', cluster: 'deny', control: 'deny' }),
  'one of two addresses denied': [...v.rules('allow'), v.flow('destination', 'deny', { address: v.B, to: v.B })],
};

const resolves = v.saw('pod', 'dns', v.answers('203.0.113.90'), { name: 'proxy.example' });
const reached = [resolves, v.proxied('tcp', v.connected)];
/** What the pod saw on its way through its proxy. */
const PROXIED: Named<Seen> = {
  'nobody looked': [],
  'all works': [...reached, v.proxied('tls', v.connected), v.proxied('http', v.status(200))],
  'the proxy is dropped': [resolves, v.proxied('tcp', v.dropped)],
  'the proxy is dropped, not for the node': [
    resolves,
    v.proxied('tcp', v.dropped),
    v.proxied('tcp', v.connected, 'node'),
  ],
  'the proxy is dropped for the node too': [resolves, v.proxied('tcp', v.dropped), v.proxied('tcp', v.dropped, 'node')],
  'the proxy refuses': [resolves, v.proxied('tcp', v.refused)],
  'the proxy’s name does not exist': [v.saw('pod', 'dns', v.nxdomain, { name: 'proxy.example' })],
  'the proxy’s name is not answered': [v.saw('pod', 'dns', v.dnsSilent, { name: 'proxy.example' })],
  'nothing behind it was tried': reached,
  'it answers 403 to CONNECT': [...reached, v.proxied('http', v.status(403))],
  'it answers 407': [...reached, v.proxied('tls', v.status(407))],
  'it answers 502, and the node fails': [...reached, v.proxied('http', v.status(502)), ...v.fails('node', v.dropped)],
  'it is silent': [...reached, v.proxied('tls', v.silent('tls'))],
  'it resets TLS': [...reached, v.proxied('tls', v.tlsFails('reset'))],
  'the host’s certificate expired': [...reached, v.proxied('tls', v.tlsFails('expired'))],
  'the host answers 403': [...reached, v.proxied('tls', v.connected), v.proxied('http', v.status(403))],
};
const proxyRules = (
  flows: VerdictFacts['prediction']['flows'],
  ...decisions: readonly ('allow' | 'deny' | 'unknown')[]
) => [
  ...flows,
  ...decisions.map((decision, index) =>
    v.flow('proxy', decision, { address: `203.0.113.9${index}`, to: `203.0.113.9${index}` }),
  ),
];
const PROXY_RULES: Named<VerdictFacts['prediction']['flows']> = {
  allowed: proxyRules(v.rules('allow'), 'allow'),
  denied: proxyRules(v.rules('deny'), 'deny'),
  'proxy denied': proxyRules(v.rules('allow'), 'deny'),
  'DNS denied': proxyRules(v.rules({ dns: 'deny' }), 'allow'),
  unknown: proxyRules(v.rules('unknown'), 'unknown'),
  'one of the proxy’s addresses denied': proxyRules(v.rules('allow'), 'allow', 'deny'),
  'nothing said of the proxy': v.rules('allow'),
};

function told({ code, confidence, cause, explains, findings }: Verdict): string {
  const { layer, scope, side, policies, summary } = cause;
  return [
    `  ${code} (${confidence ?? '-'}, ${layer ?? '-'}, ${scope}, ${side ?? '-'}) ${summary}`,
    ...policies.map(
      ({ policy, rule, cuts, selectsPods }) =>
        `    by ${policy}: ${rule}; cuts ${JSON.stringify(cuts)}; ${selectsPods} pods`,
    ),
    ...explains.map(line => `    explains: ${line}`),
    ...findings.map(({ kind, text }) => `    ${kind}: ${text}`),
  ].join('\n');
}

function all(...rows: readonly (readonly [string, v.Given])[]): string {
  return `${rows.map(([name, given]) => `${name}\n${told(concludeVerdict(v.facts(given)))}`).join('\n')}\n`;
}

const pairs = <A, B>(a: Named<A>, b: Named<B>) =>
  Object.entries(a).flatMap(([one, x]) => Object.entries(b).map(([other, y]) => [one, x, other, y] as const));

/** Name of each golden -> its text. */
export const GRIDS: Named<() => string> = {
  rules: () => all(...pairs(POD, RULES).map(([pod, saw, said, rules]) => [`${pod}; ${said}`, { saw, rules }] as const)),
  vantages: () =>
    all(
      ...pairs(POD, OTHERS).flatMap(([pod, saw, others, more]) =>
        (['allowed', 'host denied'] as const).map(
          said => [`${pod}; ${others}; ${said}`, { saw: [...saw, ...more], rules: RULES[said] ?? [] }] as const,
        ),
      ),
    ),
  proxy: () =>
    all(
      ...pairs(PROXIED, PROXY_RULES).map(
        ([pod, saw, said, rules]) => [`${pod}; ${said}`, { saw, rules, target: { proxy: v.PROXY } }] as const,
      ),
    ),
};

/** Path of a golden. */
export function gridGoldenOf(name: string): string {
  return join(import.meta.dirname, 'verdicts', `${name}.txt`);
}
