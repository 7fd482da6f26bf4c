import { describe, expect, test } from 'vitest';
import type { PodRequest } from '../../src/model.ts';
import { readPodRequest } from '../../src/pod-request.ts';

const pod = (name: string): PodRequest['by'] => ({ kind: 'pod', name });
const owner = (ownerKind: string, name: string) => ({ kind: 'owner', ownerKind, name }) as PodRequest['by'];
const labels = (selector: string): PodRequest['by'] => ({ kind: 'selector', selector });

type Row = readonly [rule: string, text: string, option: string | null, namespace: string | null, by: PodRequest['by']];

const read: readonly Row[] = [
  ['a name alone is a pod, its namespace still open', 'billing-pod', null, null, pod('billing-pod')],
  ['-n gives the namespace', 'billing-pod', 'payments', 'payments', pod('billing-pod')],
  ['two parts are namespace and pod', 'payments/billing-pod', null, 'payments', pod('billing-pod')],
  ['the same namespace twice is no conflict', 'payments/billing-pod', 'payments', 'payments', pod('billing-pod')],
  ['a pod name may hold dots', 'db-0.node1', null, null, pod('db-0.node1')],
  ['a pod name of 253 characters', 'a'.repeat(253), null, null, pod('a'.repeat(253))],
  ['a namespace of 63 characters', `${'n'.repeat(63)}/p`, null, 'n'.repeat(63), pod('p')],
  ['pod/ is a kind', 'pod/billing', null, null, pod('billing')],
  ['po/ is a kind', 'po/billing', null, null, pod('billing')],
  ['deploy/', 'deploy/billing', null, null, owner('Deployment', 'billing')],
  ['deployment/', 'deployment/billing', null, null, owner('Deployment', 'billing')],
  ['deployments.apps/', 'deployments.apps/billing', null, null, owner('Deployment', 'billing')],
  ['a kind in any case', 'Deployment/billing', null, null, owner('Deployment', 'billing')],
  ['sts/', 'sts/db', null, null, owner('StatefulSet', 'db')],
  ['statefulset/', 'statefulset/db', null, null, owner('StatefulSet', 'db')],
  ['ds/', 'ds/agent', null, null, owner('DaemonSet', 'agent')],
  ['daemonset/', 'daemonset/agent', null, null, owner('DaemonSet', 'agent')],
  ['rs/', 'rs/billing-5d8', null, null, owner('ReplicaSet', 'billing-5d8')],
  ['job/', 'job/report', null, null, owner('Job', 'report')],
  ['cronjob/', 'cronjob/report', null, null, owner('CronJob', 'report')],
  ['cj/', 'cj/report', null, null, owner('CronJob', 'report')],
  ['an owner with -n', 'deploy/billing', 'payments', 'payments', owner('Deployment', 'billing')],
  [
    'three parts are namespace, kind and name',
    'payments/deploy/billing',
    null,
    'payments',
    owner('Deployment', 'billing'),
  ],
  ['a pod by three parts', 'payments/pod/billing', null, 'payments', pod('billing')],
  ['a word for a kind wins over a namespace of that name', 'deploy/web', null, null, owner('Deployment', 'web')],
  ['three parts reach a namespace that is called like a kind', 'deploy/pod/web', null, 'deploy', pod('web')],
  ['so does -n', 'web', 'deploy', 'deploy', pod('web')],
  ['labels', 'app=billing', 'payments', 'payments', labels('app=billing')],
  ['labels without a namespace', 'app=billing', null, null, labels('app=billing')],
  ['two requirements, one with a set', 'app=billing,tier in (a,b)', null, null, labels('app=billing,tier in (a,b)')],
  ['notin, != and ==', 'a notin (b, c),d!=e,f==g', null, null, labels('a notin (b, c),d!=e,f==g')],
  ['an absent key', '!canary', null, null, labels('!canary')],
  ['a lone key needs -l, or it would be a pod', '-l app', null, null, labels('app')],
  ['-l with an equals sign', '-l=app=billing', null, null, labels('app=billing')],
  ['--selector', '--selector app=billing', null, null, labels('app=billing')],
  [
    'a key with a prefix is no namespace',
    'app.kubernetes.io/name=billing',
    null,
    null,
    labels('app.kubernetes.io/name=billing'),
  ],
  ['an empty value', 'app=', null, null, labels('app=')],
];

describe('a request for a pod is read', () => {
  test.each(read)('%s: %s', (_rule, text, option, namespace, by) => {
    expect(readPodRequest(text, option)).toEqual({ kind: 'request', request: { text, namespace, by } });
  });
});

const forms =
  'Write `POD`, `NAMESPACE/POD`, `deploy/NAME`, `NAMESPACE/deploy/NAME` or labels as in `app=billing,tier=api`.';
const naming = `A name has 1 to 253 lower-case letters, digits, hyphens and dots, and begins and ends with a letter or digit (RFC 1123). ${forms}`;
const space =
  'A namespace has 1 to 63 lower-case letters, digits and inner hyphens (RFC 1123). `kubectl get namespaces` lists them.';
const write = 'Write it as for kubectl, as in `app=billing,tier in (a,b)`, and its namespace with -n.';
const long = 'a'.repeat(59);

type Refused = readonly [rule: string, text: string, option: string | null, message: string];

const refused: readonly Refused[] = [
  ['nothing', '', null, `No pod was named. The text is empty. ${forms}`],
  ['capital letters', 'Billing', null, `"Billing" is no name of a Pod. ${naming}`],
  [
    'a hyphen in front, which a tool could take for an option',
    '-billing',
    null,
    `"-billing" is no name of a Pod. ${naming}`,
  ],
  ['an underscore', 'billing_pod', null, `"billing_pod" is no name of a Pod. ${naming}`],
  ['a space', 'billing pod', null, `"billing pod" is no name of a Pod. ${naming}`],
  ['two dots', 'a..b', null, `"a..b" is no name of a Pod. ${naming}`],
  ['a name of 254 characters', 'a'.repeat(254), null, `"${long}…" is no name of a Pod. ${naming}`],
  ['a terminal escape', '\u001b[2J', null, `"\\u{1b}[2J" is no name of a Pod. ${naming}`],
  ['an owner without a name', 'deploy/', null, `"" is no name of a Deployment. ${naming}`],
  ['a namespace without a pod', 'payments/', null, `"" is no name of a Pod. ${naming}`],
  ['a pod without its namespace', '/billing', null, `"" is no namespace. ${space}`],
  ['a namespace of 64 characters', `${'n'.repeat(64)}/p`, null, `"${'n'.repeat(59)}…" is no namespace. ${space}`],
  ['a namespace with a dot', 'pay.ments/p', null, `"pay.ments" is no namespace. ${space}`],
  ['-n that is none', 'billing', 'Pay_Ments', `"Pay_Ments" is no namespace. ${space}`],
  ['-n that is empty', 'billing', '', `"" is no namespace. ${space}`],
  [
    'two namespaces',
    'payments/billing',
    'shop',
    'Two namespaces were given. "payments/billing" names the namespace payments, and -n names shop. Leave one of them out.',
  ],
  [
    'two namespaces and a kind',
    'payments/deploy/billing',
    'shop',
    'Two namespaces were given. "payments/deploy/billing" names the namespace payments, and -n names shop. Leave one of them out.',
  ],
  [
    'a kind that has no pods',
    'payments/configmap/x',
    null,
    `"payments/configmap/x" is no pod. "configmap" is no kind that has pods. ${forms}`,
  ],
  [
    'a Service',
    'svc/billing',
    null,
    '"svc/billing" is no pod. A Service runs nothing: its pods do. Name one of them, their owner, or the Service\'s selector, as in `app=billing`.',
  ],
  [
    'a Service in a namespace',
    'payments/service/billing',
    null,
    '"payments/service/billing" is no pod. A Service runs nothing: its pods do. Name one of them, their owner, or the Service\'s selector, as in `app=billing`.',
  ],
  ['four parts', 'a/b/c/d', null, `"a/b/c/d" is no pod. It has more than three parts. ${forms}`],
  [
    'a selector of nothing',
    '-l ',
    null,
    `"-l " is no label selector. The label selector is empty, so it would mean every pod. ${write}`,
  ],
  [
    'two commas',
    'a=b,,c=d',
    null,
    `"a=b,,c=d" is no label selector. There is nothing between two commas of the label selector. ${write}`,
  ],
  [
    'a comma at the end',
    'a=b,',
    null,
    `"a=b," is no label selector. There is nothing between two commas of the label selector. ${write}`,
  ],
  [
    'an open parenthesis',
    'a in (b',
    null,
    `"a in (b" is no label selector. "a in (b" is no requirement of a label selector. ${write}`,
  ],
  [
    'a key without letters',
    '=b',
    null,
    `"=b" is no label selector. "=b" is no requirement of a label selector. ${write}`,
  ],
  ['a key with two slashes', 'a/b/c=d', null, `"a/b/c=d" is no label selector. "a/b/c" is no label key. ${write}`],
  [
    'a value with shell in it',
    'a=$(id)',
    null,
    `"a=$(id)" is no label selector. "a=$(id)" is no requirement of a label selector. ${write}`,
  ],
  [
    'a value of 64 characters',
    `a=${'b'.repeat(64)}`,
    null,
    `"a=${'b'.repeat(57)}…" is no label selector. "${'b'.repeat(59)}…" is no label value: at most 63 letters, digits, dots, hyphens and underscores. ${write}`,
  ],
];

describe('a request for a pod is refused, with cause and remedy', () => {
  test.each(refused)('%s', (_rule, text, option, message) => {
    const reading = readPodRequest(text, option);
    if (reading.kind !== 'refused') throw new Error(`${text} was read`);
    expect(`${reading.fault.what} ${reading.fault.cause} ${reading.fault.remedy}`).toBe(message);
    expect(reading.fault.code).toBe('usage');
  });
});
