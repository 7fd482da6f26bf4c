import { expect, test } from 'vitest';
import { type AskReading, readMention } from '../../src/slack/command.ts';

type Part = Partial<Extract<AskReading, { kind: 'asked' }>['asked']>;
const asked = (pod: string, host: string, more: Part = {}): AskReading => ({
  kind: 'asked',
  asked: { pod, host, namespace: null, cluster: null, probe: true, ...more },
});
const incomplete = (more: Part = {}): AskReading => ({
  kind: 'incomplete',
  found: { pod: null, host: null, namespace: null, cluster: null, probe: true, ...more },
});

/** What Slack sends for "@egress" and for "api.stripe.com". */
const BOT = '<@U0BOT>';
const STRIPE = '<http://api.stripe.com|api.stripe.com>';
const POD = 'billing-pod';
const HOST = 'api.stripe.com';
const BOTH = asked(POD, HOST);

const SURE: readonly (readonly [text: string, expected: AskReading])[] = [
  [`${BOT} why can't billing-pod reach ${STRIPE}`, BOTH],
  [`${BOT} why can’t billing-pod reach ${STRIPE}?`, BOTH],
  [`${BOT} Why cant billing-pod reach ${STRIPE} ??`, BOTH],
  [`${BOT} why cannot billing-pod connect to ${STRIPE}.`, BOTH],
  [`hey <@U0BOT|egress>, billing-pod can't talk to ${STRIPE}`, BOTH],
  [`${BOT} can billing-pod reach ${STRIPE}?`, BOTH],
  [`${BOT} does billing-pod have access to ${STRIPE}`, BOTH],
  [`${BOT} billing-pod times out calling ${STRIPE}`, BOTH],
  [`${BOT} is ${STRIPE} reachable from billing-pod?`, BOTH],
  [`${BOT} is ${STRIPE} blocked for billing-pod`, BOTH],
  [`${BOT} from billing-pod to ${STRIPE}`, BOTH],
  [`${BOT} traffic from billing-pod to ${STRIPE} is dropped`, BOTH],
  [`${BOT} billing-pod -&gt; ${STRIPE}`, BOTH],
  [`${BOT} billing-pod → ${STRIPE}`, BOTH],
  [`${BOT} billing-pod ${STRIPE}`, BOTH],
  [`${BOT} \`billing-pod\` \`${HOST}\``, BOTH],
  [`${BOT} pod billing-pod fails to resolve ${STRIPE}`, BOTH],
  [`why is billing-pod unable to curl ${STRIPE} ${BOT}`, BOTH],
  [`${BOT} curl ${STRIPE} from billing-pod hangs`, BOTH],
  [`${BOT} billing-pod gets a timeout when it calls ${STRIPE}`, BOTH],
  [`${BOT} please check whether billing-pod can reach ${STRIPE}, thanks!`, BOTH],
  [`${BOT} why can't billing-pod reach (${STRIPE})`, BOTH],
  [`${BOT} why can't *billing-pod* reach _${HOST}_`, BOTH],
  [`${BOT} why can't billing-pod reach ${STRIPE} on port 8443`, asked(POD, `${HOST}:8443`)],
  [`${BOT} can billing-pod reach 10.0.0.53 on udp port 53`, asked(POD, 'udp://10.0.0.53:53')],
  [`${BOT} can billing-pod reach <https://api.stripe.com/v1>`, asked(POD, 'https://api.stripe.com/v1')],
  [`${BOT} can billing-pod reach 10.1.2.3:5432`, asked(POD, '10.1.2.3:5432')],
  [`${BOT} can billing-pod reach [2001:db8::1]:443`, asked(POD, '[2001:db8::1]:443')],
  [`${BOT} can billing-pod reach redis:6379`, asked(POD, 'redis:6379')],
  [`${BOT} can billing-pod reach redis-master`, asked(POD, 'redis-master')],
  [`${BOT} can billing-pod reach \`redis\``, asked(POD, 'redis')],
  [`${BOT} can billing-pod reach web.shop.svc.cluster.local`, asked(POD, 'web.shop.svc.cluster.local')],
  [`${BOT} can payments/billing-pod reach ${STRIPE}`, asked('payments/billing-pod', HOST)],
  [`${BOT} can deploy/billing reach ${STRIPE}`, asked('deploy/billing', HOST)],
  [`${BOT} can the billing deployment reach ${STRIPE}`, asked('deploy/billing', HOST)],
  [`${BOT} can the statefulset web reach ${STRIPE}`, asked('sts/web', HOST)],
  [`${BOT} why can't the billing pod reach ${STRIPE}`, asked('billing', HOST)],
  [`${BOT} why can't pod billing reach ${STRIPE}`, asked('billing', HOST)],
  [`${BOT} why can't \`billing\` reach ${STRIPE}`, asked('billing', HOST)],
  [
    `${BOT} why can't billing-pod in the payments namespace reach ${STRIPE}`,
    asked(POD, HOST, { namespace: 'payments' }),
  ],
  [`${BOT} why can't billing-pod in namespace payments reach ${STRIPE}`, asked(POD, HOST, { namespace: 'payments' })],
  [`${BOT} why can't billing-pod (ns payments) reach ${STRIPE}`, asked(POD, HOST, { namespace: 'payments' })],
  [`${BOT} can billing-pod reach ${STRIPE} in cluster prod-eu`, asked(POD, HOST, { cluster: 'prod-eu' })],
  // POD HOST is what the bot itself tells people to write; a plain word may stand there.
  [`${BOT} billing ${STRIPE}`, asked('billing', HOST)],
  [`${BOT} billing 10.1.2.3:5432 -n payments`, asked('billing', '10.1.2.3:5432', { namespace: 'payments' })],
  [`${BOT} \`reports\` ${STRIPE}`, asked('reports', HOST)],
  [`${BOT} pod/reports ${STRIPE}`, asked('pod/reports', HOST)],
  [`${BOT} payments/reports ${STRIPE}`, asked('payments/reports', HOST)],
  [`${BOT} billing-pod reports a timeout calling ${STRIPE}`, BOTH],
  [`${BOT} billing-pod ${STRIPE} -n payments --no-probe`, asked(POD, HOST, { namespace: 'payments', probe: false })],
  [`${BOT} why can't billing-pod reach ${STRIPE} -n payments`, asked(POD, HOST, { namespace: 'payments' })],
  [
    `${BOT} billing-7d9f8b6c5d-x2x4z logs \`dial tcp: lookup ${HOST} on 10.96.0.10:53: no such host\``,
    asked('billing-7d9f8b6c5d-x2x4z', HOST),
  ],
  [`${BOT} help`, { kind: 'help' }],
  [`${BOT} --help`, { kind: 'help' }],
];

test.each(SURE)('%s', (text, expected) => {
  expect(readMention(text)).toEqual(expected);
});

const DOUBTFUL: readonly (readonly [rule: string, text: string, found: Part])[] = [
  ['nothing but a greeting', `${BOT} hello there`, {}],
  ['nothing', BOT, {}],
  ['thanks', `thanks ${BOT}, that helped`, {}],
  ['no pod', `${BOT} why can't we reach ${STRIPE}`, { host: HOST }],
  ['no pod, only a pronoun', `${BOT} why can't it reach ${STRIPE}`, { host: HOST }],
  ['an application that has no name', `${BOT} our app can't reach ${STRIPE}`, { host: HOST }],
  ['no host', `${BOT} why can't billing-pod reach the internet`, { pod: POD }],
  ['no host, only a word for one', `${BOT} why can't billing-pod reach the database`, { pod: POD }],
  ['a company is no host', `${BOT} why can't billing-pod reach stripe`, { pod: POD, host: 'stripe' }],
  ['a word that may be a pod', `${BOT} why can't billing reach ${STRIPE}`, { pod: 'billing', host: HOST }],
  // "reports" is a pod's name, or what egress, or somebody, does.
  [
    'a verb that may be a pod, before a host',
    `${BOT} reports refused.example`,
    { pod: 'reports', host: 'refused.example' },
  ],
  [
    'a verb that may be a pod, where a pod stands',
    `${BOT} why can't reports reach ${STRIPE}`,
    { pod: 'reports', host: HOST },
  ],
  ['a verb that may be a pod, first', `${BOT} reports can't reach ${STRIPE}`, { pod: 'reports', host: HOST }],
  [
    'a verb that may be a pod, with an article',
    `${BOT} the contacts can't reach ${STRIPE}`,
    { pod: 'contacts', host: HOST },
  ],
  ['a verb with a subject is a verb', `${BOT} our app reports cannot connect to ${STRIPE}`, { host: HOST }],
  [
    'a verb with somebody before it is theirs',
    `${BOT} monitoring reports timeouts to ${STRIPE}`,
    { pod: 'monitoring', host: HOST },
  ],
  ['a verb alone', `${BOT} fails to reach ${STRIPE}`, { host: HOST }],
  ['what is done is no pod', `${BOT} why can't we connect to ${STRIPE}`, { host: HOST }],
  ['what is done is no pod, in other words', `${BOT} we cannot talk to ${STRIPE} any more`, { host: HOST }],
  ['a wish before a host', `${BOT} ping ${STRIPE}`, { host: HOST }],
  ['a greeting before a host', `${BOT} thanks ${STRIPE}`, { host: HOST }],
  ['an article before a host', `${BOT} the ${STRIPE}`, { host: HOST }],
  ['a plain word before what is no host for certain', `${BOT} billing redis:6379`, {}],
  ['two pods', `${BOT} can billing-pod or refund-pod reach ${STRIPE}`, { host: HOST }],
  ['two hosts', `${BOT} can billing-pod reach a.example.com and b.example.com`, { pod: POD }],
  ['one host with two ports', `${BOT} can billing-pod reach x.io:443 or x.io:8443`, { pod: POD, host: 'x.io:8443' }],
  ['two ports said', `${BOT} can billing-pod reach x.io on port 443 and port 80`, { pod: POD, host: 'x.io' }],
  ['a port that differs', `${BOT} can billing-pod reach x.io:443 on port 80`, { pod: POD, host: 'x.io:443' }],
  [
    'a place that may be a namespace or a cluster',
    `${BOT} why can't billing-pod in payments reach ${STRIPE}`,
    { pod: POD, host: HOST, namespace: 'payments' },
  ],
  ['two namespaces', `${BOT} billing-pod in namespace blue or namespace green to ${STRIPE}`, { host: HOST, pod: POD }],
];

test.each(DOUBTFUL)('%s is asked back: %s', (_rule, text, found) => {
  expect(readMention(text)).toEqual(incomplete(found));
});
