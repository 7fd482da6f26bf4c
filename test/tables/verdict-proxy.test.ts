import { describe } from 'vitest';
import {
  answers,
  connected,
  cutOff,
  DENY_ALL,
  dnsSilent,
  dropped,
  fails,
  flow,
  nxdomain,
  PROXY,
  proxied,
  refused,
  rules,
  saw,
  silent,
  status,
  tlsFails,
} from './verdict-builders.ts';
import { verdictTable } from './verdict-rows.ts';

const target = { proxy: PROXY };
const TO_PROXY = 'Every request of the pod for api.stripe.com:443 takes this way.';
const resolves = saw('pod', 'dns', answers('203.0.113.90'), { name: 'proxy.example' });
const through = [resolves, proxied('tcp', connected), proxied('tls', connected), proxied('http', status(200))];
const allowed = [...rules('allow'), flow('proxy', 'allow')];
const denied = [...rules('deny'), flow('proxy', 'deny')];
const DIRECT_DENIED = [...rules({ destination: 'deny' }), flow('proxy', 'allow')];

describe('a pod with a proxy asks two questions', () => {
  verdictTable([
    [
      'a plain TCP client reads no proxy variable: the direct way counts',
      { target, application: 'none', saw: fails('pod', dropped), rules: DIRECT_DENIED },
      { code: 'denied-by-policy', confidence: 'confirmed', policies: [DENY_ALL] },
    ],
    [
      'the host answers through the proxy',
      { target, saw: through, rules: allowed },
      {
        code: 'reachable',
        confidence: 'confirmed',
        summary: 'api.stripe.com:443 answers the pod through its proxy proxy.example:3128 (HTTPS_PROXY).',
      },
    ],
    [
      'the direct way is denied and the proxied one works: reachable',
      { target, saw: [...through, ...fails('pod', dropped)], rules: DIRECT_DENIED },
      { code: 'reachable', confidence: 'confirmed', findings: ['proxy'], says: ['that denial may be on purpose'] },
    ],
    [
      'a 403 of the host through the proxy is reachable',
      { target, saw: [...through.slice(0, 3), proxied('http', status(403))], rules: allowed },
      { code: 'reachable', confidence: 'confirmed', findings: ['status'] },
    ],
    [
      'the way to the proxy is denied: the policy, about the proxy',
      { target, saw: [...cutOff('pod'), proxied('tcp', dropped), proxied('tcp', connected, 'node')], rules: denied },
      {
        code: 'denied-by-policy',
        confidence: 'confirmed',
        policies: [DENY_ALL],
        summary:
          "NetworkPolicy payments/deny-all-egress (the pod's egress rules) denies the pod its proxy proxy.example:3128 (HTTPS_PROXY).",
        findings: ['proxy'],
      },
    ],
    [
      'the way to the proxy is denied, no probe ran',
      { target, rules: denied },
      { code: 'denied-by-policy', confidence: 'predicted', policies: [DENY_ALL], findings: ['proxy'] },
    ],
    [
      'the way to the proxy is denied and yet it connects',
      { target, saw: through, rules: [...rules('allow'), flow('proxy', 'deny')] },
      {
        code: 'policy-not-enforced',
        confidence: 'observed',
        policies: [DENY_ALL],
        findings: ['observed-differs-from-predicted'],
      },
    ],
    [
      "the proxy's name does not resolve",
      { target, saw: [saw('pod', 'dns', nxdomain, { name: 'proxy.example' })], rules: allowed },
      {
        code: 'proxy-misconfigured',
        confidence: 'confirmed',
        explains: ["The proxy's name proxy.example gets NXDOMAIN.", TO_PROXY],
      },
    ],
    [
      "the lookup of the proxy's name is denied",
      {
        target,
        saw: [saw('pod', 'dns', dnsSilent, { name: 'proxy.example' })],
        rules: [...rules({ dns: 'deny' }), flow('proxy', 'allow')],
      },
      { code: 'dns-denied-by-policy', confidence: 'confirmed', policies: [DENY_ALL] },
    ],
    [
      'the lookup of the proxy gets no answer, and no rule is why',
      { target, saw: [saw('pod', 'dns', dnsSilent, { name: 'proxy.example' })], rules: allowed },
      { code: 'name-not-resolved', confidence: 'observed' },
    ],
    [
      'lookup and way to the proxy are denied: denied-by-policy',
      { target, saw: [saw('pod', 'dns', dnsSilent, { name: 'proxy.example' })], rules: denied },
      { code: 'denied-by-policy', confidence: 'confirmed', policies: [DENY_ALL], findings: ['proxy'] },
    ],
    [
      'nothing listens at the proxy',
      { target, saw: [resolves, proxied('tcp', refused)], rules: allowed },
      {
        code: 'proxy-misconfigured',
        confidence: 'confirmed',
        explains: ['From the pod, proxy.example:3128: refused (RST).', TO_PROXY],
      },
    ],
    [
      'the proxy is dropped for the node too',
      { target, saw: [resolves, proxied('tcp', dropped), proxied('tcp', dropped, 'node')], rules: allowed },
      { code: 'proxy-misconfigured', confidence: 'confirmed' },
    ],
    [
      'the proxy is dropped for the pod alone',
      { target, saw: [resolves, proxied('tcp', dropped), proxied('tcp', connected, 'node')], rules: allowed },
      {
        code: 'dropped-unexplained',
        confidence: 'observed',
        findings: ['observed-differs-from-predicted'],
        explains: ['From the pod, proxy.example:3128: no answer to the SYN within 3000 ms.', TO_PROXY],
      },
    ],
    [
      'the proxy is dropped under unknown rules, and nobody else looked',
      { target, saw: [resolves, proxied('tcp', dropped)], rules: [...rules('allow'), flow('proxy', 'unknown')] },
      { code: 'not-known', confidence: null },
    ],
    [
      'the proxy refuses CONNECT',
      { target, saw: [resolves, proxied('tcp', connected), proxied('http', status(403))], rules: allowed },
      {
        code: 'proxy-misconfigured',
        confidence: 'confirmed',
        summary: 'The proxy proxy.example:3128 (HTTPS_PROXY) answers with status 403: it does not connect to the host.',
      },
    ],
    [
      'the proxy wants credentials',
      { target, saw: [resolves, proxied('tcp', connected), proxied('tls', status(407))], rules: allowed },
      {
        code: 'proxy-misconfigured',
        confidence: 'confirmed',
        summary:
          'The proxy proxy.example:3128 (HTTPS_PROXY) answers with status 407: it asks for credentials that it was not given.',
      },
    ],
    [
      'the proxy cannot reach the host, and nor can the node',
      {
        target,
        saw: [resolves, proxied('tcp', connected), proxied('http', status(502)), ...fails('node', dropped)],
        rules: allowed,
      },
      {
        code: 'proxy-misconfigured',
        confidence: 'confirmed',
        findings: ['proxy'],
        says: ['the host may be down, or only the proxy may leave'],
      },
    ],
    [
      'plain HTTP: a 404 through the proxy is the host',
      {
        target,
        application: 'http',
        saw: [resolves, proxied('tcp', connected), proxied('http', status(404))],
        rules: allowed,
      },
      { code: 'reachable', confidence: 'confirmed', findings: ['status'] },
    ],
    [
      'plain HTTP: a 504 through the proxy is the proxy',
      {
        target,
        application: 'http',
        saw: [resolves, proxied('tcp', connected), proxied('http', status(504))],
        rules: allowed,
      },
      { code: 'proxy-misconfigured', confidence: 'confirmed' },
    ],
    [
      'the proxy accepts and is silent',
      { target, saw: [resolves, proxied('tcp', connected), proxied('tls', silent('tls'))], rules: allowed },
      { code: 'proxy-misconfigured', confidence: 'confirmed' },
    ],
    [
      "TLS fails through the proxy: the host's certificate",
      { target, saw: [resolves, proxied('tcp', connected), proxied('tls', tlsFails('expired'))], rules: allowed },
      { code: 'tls-failed', confidence: 'confirmed' },
    ],
    [
      'the proxy connects and nothing behind it was tried',
      { target, saw: [resolves, proxied('tcp', connected)], rules: allowed },
      { code: 'not-known', confidence: null },
    ],
    [
      'the rules allow the proxy and nobody looked',
      { target, rules: allowed },
      { code: 'reachable', confidence: 'predicted' },
    ],
    [
      'what the rules say of the proxy is not known, and nobody looked',
      { target, rules: [...rules('allow'), flow('proxy', 'unknown')] },
      { code: 'not-known', confidence: null },
    ],
    [
      'a proxy by address needs no lookup',
      {
        target: {
          proxy: {
            kind: 'set',
            variables: {},
            exemptedBy: null,
            uses: { variable: 'HTTPS_PROXY', host: '203.0.113.90', port: 3128, scheme: 'http' },
          } as const,
        },
        rules: [flow('proxy', 'allow')],
      },
      { code: 'reachable', confidence: 'predicted' },
    ],
    [
      'NO_PROXY exempts the host: the direct way counts',
      {
        target: { proxy: { kind: 'set', uses: null, variables: {}, exemptedBy: 'NO_PROXY=.stripe.com' } },
        saw: fails('pod', dropped),
        rules: rules({ destination: 'deny' }),
      },
      {
        code: 'denied-by-policy',
        confidence: 'confirmed',
        policies: [DENY_ALL],
        findings: ['proxy'],
        says: ['NO_PROXY=.stripe.com exempts'],
      },
    ],
    [
      'proxy settings that could not be read are named',
      { target: { proxy: { kind: 'unknown', why: 'from Secret payments/env', variables: {} } }, rules: rules('allow') },
      { code: 'reachable', confidence: 'predicted', findings: ['proxy'] },
    ],
  ]);
});
