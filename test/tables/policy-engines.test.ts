/** What network plugins do where the API is silent, or where they depart from it; and how the plugin is found. */
import { describe, expect, test } from 'vitest';
import type { Engine } from '../../src/model.ts';
import { compareVersions, departs, engineText } from '../../src/policy/departures.ts';
import { detectEngine, readEngineOption } from '../../src/policy/engine.ts';
import { readRuleBook } from '../../src/policy/rule-book.ts';
import {
  type Ask,
  ask,
  CALICO,
  CILIUM,
  CLUSTER,
  egress,
  ingress,
  ipBlock,
  np,
  pod,
  UNKNOWN,
} from './policy-builders.ts';

const cilium = (version: string | null): Engine => ({ name: 'cilium', version, evidence: 'given' });
const WEB: Ask = { to: 'pod:shop/web', scope: 'egress' };

describe('one flow, several engines', () => {
  type Row = readonly [
    rule: string,
    objects: readonly object[],
    ask: Ask,
    decisions: readonly (readonly [Engine, string])[],
  ];
  const NOT_SHOP = { namespaceSelector: { matchExpressions: [{ key: 'team', operator: 'NotIn', values: ['shop'] }] } };
  const host = pod('pay/agent', { hostNetwork: true, ip: '192.0.2.10' });
  test.each<Row>([
    [
      'endPort is ignored by Cilium before 1.16',
      [egress('pay/p', { ports: [{ port: 400, endPort: 500 }] })],
      { to: '203.0.113.43' },
      [
        [CILIUM, 'deny'],
        [cilium('1.16.0'), 'allow'],
        [cilium(null), 'unknown'],
        [UNKNOWN, 'allow'],
      ],
    ],
    [
      'the first port of a range is open everywhere',
      [egress('pay/p', { ports: [{ port: 443, endPort: 500 }] })],
      { to: '203.0.113.43' },
      [
        [CILIUM, 'allow'],
        [cilium(null), 'allow'],
        [UNKNOWN, 'allow'],
      ],
    ],
    [
      'policyTypes [Ingress] with egress rules isolates on Cilium 1.15',
      [np('pay/p', { podSelector: {}, policyTypes: ['Ingress'], egress: [{ ports: [{ port: 80 }] }] })],
      { to: '203.0.113.43' },
      [
        [CILIUM, 'deny'],
        [cilium('1.18.0'), 'unknown'],
        [cilium(null), 'unknown'],
        [UNKNOWN, 'allow'],
      ],
    ],
    [
      'where such rules allow it, nothing turns on them',
      [np('pay/p', { podSelector: {}, policyTypes: ['Ingress'], egress: [{}] })],
      { to: '203.0.113.43' },
      [
        [CILIUM, 'allow'],
        [cilium(null), 'allow'],
        [UNKNOWN, 'allow'],
      ],
    ],
    [
      'an ipBlock and the address of a pod',
      [egress('pay/p', { to: [ipBlock('10.0.0.0/8')] })],
      WEB,
      [
        [CILIUM, 'deny'],
        [CALICO, 'allow'],
        [UNKNOWN, 'unknown'],
      ],
    ],
    [
      'an ipBlock and the address of a node',
      [egress('pay/p', { to: [ipBlock('192.0.2.0/24')] })],
      { to: '192.0.2.11' },
      [
        [CILIUM, 'deny'],
        [CALICO, 'allow'],
        [UNKNOWN, 'unknown'],
      ],
    ],
    [
      'a namespaceSelector of negatives and the world',
      [egress('pay/p', { to: [NOT_SHOP] })],
      { to: '203.0.113.43' },
      [
        [CILIUM, 'allow'],
        [cilium(null), 'unknown'],
        [CALICO, 'deny'],
        [UNKNOWN, 'deny'],
      ],
    ],
    [
      'the same selector and the pods that it excludes',
      [egress('pay/p', { to: [NOT_SHOP] })],
      WEB,
      [
        [CILIUM, 'deny'],
        [cilium(null), 'deny'],
        [UNKNOWN, 'deny'],
      ],
    ],
    [
      'the same selector with a podSelector that no outside end has',
      [egress('pay/p', { to: [{ ...NOT_SHOP, podSelector: { matchLabels: { app: 'x' } } }] })],
      { to: '203.0.113.43' },
      [
        [CILIUM, 'deny'],
        [cilium(null), 'deny'],
      ],
    ],
    [
      'a port name with one number in the cluster',
      [egress('pay/p', { ports: [{ port: 'http' }] })],
      { ...WEB, port: 8080 },
      [
        [CILIUM, 'allow'],
        [UNKNOWN, 'allow'],
      ],
    ],
    [
      'a port name with two numbers',
      [
        pod('pay/two', { ip: '10.244.0.9', ports: [{ name: 'http', containerPort: 9090 }] }),
        egress('pay/p', { ports: [{ port: 'http' }] }),
      ],
      { ...WEB, port: 8080 },
      [
        [CILIUM, 'deny'],
        [cilium(null), 'unknown'],
        [UNKNOWN, 'allow'],
      ],
    ],
    [
      'a port name that no pod has',
      [egress('pay/p', { ports: [{ port: 'nope' }] })],
      { ...WEB, port: 8080 },
      [
        [CILIUM, 'deny'],
        [cilium(null), 'deny'],
        [UNKNOWN, 'deny'],
      ],
    ],
    [
      'a port name of one number, asked with another',
      [egress('pay/p', { ports: [{ port: 'http' }] })],
      { ...WEB, port: 80 },
      [
        [CILIUM, 'deny'],
        [UNKNOWN, 'deny'],
      ],
    ],
    [
      'a selected hostNetwork pod',
      [host, egress('pay/deny')],
      { from: 'pay/agent', to: '203.0.113.43' },
      [
        [CILIUM, 'allow'],
        [CALICO, 'allow'],
        [UNKNOWN, 'unknown'],
      ],
    ],
    [
      'the own node without any policy: Felix has a switch of its own for it',
      [],
      { to: '192.0.2.10' },
      [
        [CILIUM, 'allow'],
        [CALICO, 'unknown'],
        [UNKNOWN, 'allow'],
      ],
    ],
    [
      'the own node under deny-all',
      [egress('pay/deny')],
      { to: '192.0.2.10' },
      [
        [CILIUM, 'deny'],
        [CALICO, 'deny'],
        [UNKNOWN, 'unknown'],
      ],
    ],
    [
      'the own node reaches its pod under deny-all ingress',
      [host, ingress('pay/deny')],
      { from: 'pay/agent', to: 'pod:pay/db' },
      [
        [CILIUM, 'allow'],
        [CALICO, 'allow'],
        [UNKNOWN, 'unknown'],
      ],
    ],
    [
      'ICMP and a rule without ports',
      [egress('pay/p', {})],
      { to: '203.0.113.43', protocol: 'ICMP' },
      [
        [CILIUM, 'allow'],
        [CALICO, 'allow'],
        [UNKNOWN, 'allow'],
      ],
    ],
    [
      'ICMP and a rule with ports',
      [egress('pay/p', { ports: [{ port: 443 }] })],
      { to: '203.0.113.43', protocol: 'ICMP' },
      [
        [CILIUM, 'deny'],
        [CALICO, 'deny'],
        [UNKNOWN, 'unknown'],
      ],
    ],
    [
      'where nothing enforces, everything passes',
      [egress('pay/deny')],
      { to: '203.0.113.43' },
      [[{ name: 'none', version: null, evidence: 'given' }, 'allow']],
    ],
  ])('%s', (_, objects, question, decisions) => {
    expect(decisions.map(([engine]) => ask([...CLUSTER, ...objects], { ...question, engine }).decision)).toEqual(
      decisions.map(([, decision]) => decision),
    );
  });
});

describe('a departure is yes or no only where it is known', () => {
  test.each<[string, Engine, Parameters<typeof departs>[1], string]>([
    ['a measured version', CILIUM, 'named-port-is-resolved-cluster-wide', 'yes'],
    ['a version after the measured ones', cilium('1.16.0'), 'named-port-is-resolved-cluster-wide', 'unknown'],
    ['a version before the measured ones', cilium('1.14.9'), 'named-port-is-resolved-cluster-wide', 'unknown'],
    ['a version that mended it', cilium('1.17.2'), 'end-port-is-ignored', 'no'],
    ['an old version', cilium('1.9'), 'end-port-is-ignored', 'yes'],
    ['an unknown version', cilium(null), 'end-port-is-ignored', 'unknown'],
    ['an unknown version of what never changed', cilium(null), 'ip-block-skips-pods', 'yes'],
    ['no row, against the text', CALICO, 'end-port-is-ignored', 'no'],
    ['no row, left open by the API', UNKNOWN, 'ip-block-skips-pods', 'unknown'],
  ])('%s', (_, engine, departure, answer) => {
    expect(departs(engine, departure)).toMatchObject({ answer });
  });

  test.each([
    ['1.15.19', '1.16.0', -1],
    ['1.16.0', '1.16.0', 0],
    ['1.9', '1.10.0', -1],
    ['1.16.0-rc.1', '1.16.0', 0],
    ['2.0', '1.99.99', 1],
  ])('%s against %s', (a, b, sign) => {
    expect(Math.sign(compareVersions(a, b))).toBe(sign);
  });

  test('an engine in words', () => {
    expect([CILIUM, cilium(null), UNKNOWN].map(engineText)).toEqual([
      'cilium 1.15.19',
      'cilium (version not known)',
      'a network plugin that is not known',
    ]);
  });
});

describe('the engine as an option', () => {
  test.each([
    ['cilium@1.15.19', 'cilium', '1.15.19'],
    ['calico@v3.30', 'calico', '3.30'],
    ['antrea', 'antrea', null],
    ['cilium@1.16.0-rc.1', 'cilium', '1.16.0'],
  ])('%s', (text, name, version) => {
    expect(readEngineOption(text)).toEqual({ kind: 'engine', engine: { name, version, evidence: 'given' } });
  });
  test.each([
    [
      'flannel',
      '"flannel" names no engine; known: cilium, calico, antrea, ovn-kubernetes, aws-vpc-cni, azure-npm, gke-dataplane-v2, kube-router, none, unknown',
    ],
    ['cilium@latest', '"latest" is no version like 1.15.19'],
    ['cilium@', '"" is no version like 1.15.19'],
    [
      '',
      '"" names no engine; known: cilium, calico, antrea, ovn-kubernetes, aws-vpc-cni, azure-npm, gke-dataplane-v2, kube-router, none, unknown',
    ],
  ])('%j is refused', (text, why) => {
    expect(readEngineOption(text)).toEqual({ kind: 'unreadable', why });
  });
});

describe('the engine is found in the cluster', () => {
  const daemonSet = (name: string, image: string, args?: readonly string[]) => ({
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace: 'kube-system' },
    spec: { template: { spec: { containers: [{ name: 'x', image, ...(args === undefined ? {} : { args }) }] } } },
  });
  const cnp = { apiVersion: 'cilium.io/v2', kind: 'CiliumNetworkPolicy', metadata: { name: 'x', namespace: 'y' } };
  const gnp = { apiVersion: 'projectcalico.org/v3', kind: 'GlobalNetworkPolicy', metadata: { name: 'x' } };
  test.each<[string, readonly unknown[], string, string | null, string]>([
    [
      'Cilium by its image, digest and all',
      [daemonSet('cilium', 'example.org:5000/cilium/cilium:v1.15.19@sha256:00')],
      'cilium',
      '1.15.19',
      'image example.org:5000/cilium/cilium:v1.15.19@sha256:00 of DaemonSet kube-system/cilium',
    ],
    [
      'Calico by its DaemonSet: the image is called node',
      [daemonSet('calico-node', 'calico/node:v3.30.1')],
      'calico',
      '3.30.1',
      'image calico/node:v3.30.1 of DaemonSet kube-system/calico-node',
    ],
    [
      'Canal is flannel with Calico for policies',
      [daemonSet('canal', 'calico/node:v3.28.0')],
      'calico',
      '3.28.0',
      'image calico/node:v3.28.0 of DaemonSet kube-system/canal',
    ],
    [
      'Dataplane V2 is Cilium under another name',
      [daemonSet('anetd', 'gke/cilium:v1.14.1-gke.2')],
      'gke-dataplane-v2',
      '1.14.1',
      'image gke/cilium:v1.14.1-gke.2 of DaemonSet kube-system/anetd',
    ],
    [
      'Antrea',
      [daemonSet('antrea-agent', 'antrea/antrea-agent-ubuntu:v2.1.0')],
      'antrea',
      '2.1.0',
      'image antrea/antrea-agent-ubuntu:v2.1.0 of DaemonSet kube-system/antrea-agent',
    ],
    [
      'a tag that is no version',
      [daemonSet('cilium', 'cilium/cilium:latest')],
      'cilium',
      null,
      'image cilium/cilium:latest of DaemonSet kube-system/cilium',
    ],
    [
      'the AWS agent that enforces',
      [daemonSet('aws-node', 'x/aws-network-policy-agent:v1.2.0', ['--enable-network-policy=true'])],
      'aws-vpc-cni',
      '1.2.0',
      'image x/aws-network-policy-agent:v1.2.0 of DaemonSet kube-system/aws-node',
    ],
    [
      'the AWS agent that does not',
      [daemonSet('aws-node', 'x/aws-network-policy-agent:v1.2.0', ['--enable-network-policy=false'])],
      'unknown',
      null,
      'no network plugin was recognised',
    ],
    [
      'the AWS agent that is not told to',
      [daemonSet('aws-node', 'x/aws-network-policy-agent:v1.2.0', ['--metrics-bind-addr=:8162'])],
      'unknown',
      null,
      'no network plugin was recognised',
    ],
    [
      'the AWS agent that does not, beside Calico',
      [
        daemonSet('aws-node', 'x/aws-network-policy-agent:v1.2.0', ['--enable-network-policy=false']),
        daemonSet('calico-node', 'calico/node:v3.30.1'),
      ],
      'calico',
      '3.30.1',
      'image calico/node:v3.30.1 of DaemonSet kube-system/calico-node',
    ],
    [
      'kube-router for routes alone, beside Cilium',
      [
        daemonSet('kube-router', 'cloudnativelabs/kube-router:v2.2.0', ['--run-firewall=false']),
        daemonSet('cilium', 'cilium/cilium:v1.15.19'),
      ],
      'cilium',
      '1.15.19',
      'image cilium/cilium:v1.15.19 of DaemonSet kube-system/cilium',
    ],
    [
      'an image called node of another DaemonSet',
      [daemonSet('web', 'library/node:24')],
      'unknown',
      null,
      'no network plugin was recognised',
    ],
    [
      'Cilium as Rancher mirrors it',
      [daemonSet('cilium', 'rancher/mirrored-cilium-cilium:v1.15.5')],
      'cilium',
      '1.15.5',
      'image rancher/mirrored-cilium-cilium:v1.15.5 of DaemonSet kube-system/cilium',
    ],
    [
      'Canal as Rancher builds it',
      [daemonSet('rke2-canal', 'rancher/hardened-calico:v3.27.0-build20240206')],
      'calico',
      '3.27.0',
      'image rancher/hardened-calico:v3.27.0-build20240206 of DaemonSet kube-system/rke2-canal',
    ],
    [
      'objects of Cilium in a cluster that runs another plugin',
      [cnp, daemonSet('weave-net', 'weaveworks/weave-kube:2.8.1')],
      'unknown',
      null,
      'DaemonSet kube-system/weave-net: what it enforces is not known here',
    ],
    [
      'flannel beside an agent that enforces',
      [daemonSet('kube-flannel-ds', 'flannel/flannel:v0.25.1'), daemonSet('calico-node', 'calico/node:v3.30.1')],
      'calico',
      '3.30.1',
      'image calico/node:v3.30.1 of DaemonSet kube-system/calico-node',
    ],
    ['objects that only Cilium serves', [cnp], 'cilium', null, 'objects of cilium.io'],
    ['objects that only Calico serves', [gnp], 'calico', null, 'objects of projectcalico.org'],
    [
      'an agent outweighs objects that were left behind',
      [gnp, daemonSet('cilium', 'cilium/cilium:v1.15.0')],
      'cilium',
      '1.15.0',
      'image cilium/cilium:v1.15.0 of DaemonSet kube-system/cilium',
    ],
    [
      'objects of two plugins',
      [cnp, gnp],
      'unknown',
      null,
      'more than one network plugin: objects of cilium.io; objects of projectcalico.org',
    ],
    ['nothing', [null, 'x', {}, daemonSet('x', 'x')], 'unknown', null, 'no network plugin was recognised'],
    [
      'a DaemonSet without an image',
      [{ kind: 'DaemonSet', spec: { template: { spec: { containers: [{}] } } } }],
      'unknown',
      null,
      'no network plugin was recognised',
    ],
  ])('%s', (_, objects, name, version, evidence) => {
    expect(detectEngine(objects)).toEqual({ name, version, evidence });
  });
});

describe('switches of the engine for every pod', () => {
  const cilium = (data: object) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'cilium-config', namespace: 'kube-system' },
    data,
  });
  const awsNode = (value: string) => ({
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'aws-node', namespace: 'kube-system' },
    spec: { template: { spec: { containers: [{ env: [{ name: 'NETWORK_POLICY_ENFORCING_MODE', value }] }] } } },
  });
  const nodeClass = (networkPolicy: string) => ({
    apiVersion: 'eks.amazonaws.com/v1',
    kind: 'NodeClass',
    metadata: { name: 'x' },
    spec: { networkPolicy },
  });
  const AWS: Engine = { name: 'aws-vpc-cni', version: null, evidence: 'given' };
  const ALWAYS = cilium({ 'enable-policy': 'always' });
  const NEVER = cilium({ 'enable-policy': 'never' });
  const AUDIT = cilium({ 'policy-audit-mode': 'true' });
  const OUT: Ask = { to: '203.0.113.43' };
  const host = pod('pay/agent', { hostNetwork: true, ip: '192.0.2.10' });
  const proxied = {
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumNetworkPolicy',
    metadata: { name: 'names', namespace: 'pay' },
    spec: {
      endpointSelector: {},
      egress: [{ toPorts: [{ ports: [{ port: '53', protocol: 'ANY' }], rules: { dns: [{ matchPattern: '*' }] } }] }],
    },
  };
  const BY_CONFIG = ['ConfigMap kube-system/cilium-config'];
  type Row = readonly [rule: string, objects: readonly object[], ask: Ask, decision: string, by: readonly string[]];
  test.each<Row>([
    ['always: a pod without a policy is shut', [ALWAYS], { ...OUT, engine: CILIUM }, 'deny', BY_CONFIG],
    [
      'Always, as the agent reads it',
      [cilium({ 'enable-policy': 'Always' })],
      { ...OUT, engine: CILIUM },
      'deny',
      BY_CONFIG,
    ],
    [
      'always: what a policy allows is allowed',
      [ALWAYS, egress('pay/p', {})],
      { ...OUT, engine: CILIUM },
      'allow',
      ['NetworkPolicy pay/p'],
    ],
    [
      'always: a policy for one direction leaves the other shut',
      [ALWAYS, ingress('pay/p', {})],
      { ...OUT, engine: CILIUM },
      'deny',
      BY_CONFIG,
    ],
    [
      'always: the destination has to let it in',
      [ALWAYS, egress('pay/p', {})],
      { to: 'pod:shop/web', engine: CILIUM },
      'deny',
      BY_CONFIG,
    ],
    [
      'always: the own node reaches its pods',
      [ALWAYS, host],
      { from: 'pay/agent', to: 'pod:pay/db', engine: CILIUM },
      'allow',
      BY_CONFIG,
    ],
    ['always is no word of another engine', [ALWAYS], { ...OUT, engine: CALICO }, 'allow', []],
    ['never: policies do nothing', [NEVER, egress('pay/deny')], { ...OUT, engine: CILIUM }, 'allow', []],
    [
      'never is no word of another engine',
      [NEVER, egress('pay/deny')],
      { ...OUT, engine: CALICO },
      'deny',
      ['NetworkPolicy pay/deny'],
    ],
    ['audit mode: denials are written down only', [AUDIT, egress('pay/deny')], { ...OUT, engine: CILIUM }, 'allow', []],
    [
      'audit mode: what the proxies refuse is open',
      [AUDIT, proxied],
      { ...OUT, engine: CILIUM },
      'unknown',
      ['CiliumNetworkPolicy pay/names'],
    ],
    ['never: the proxies are out of it too', [NEVER, proxied], { ...OUT, engine: CILIUM }, 'allow', []],
    [
      'default is as ever',
      [cilium({ 'enable-policy': 'default', 'policy-audit-mode': 'false' }), egress('pay/deny')],
      { ...OUT, engine: CILIUM },
      'deny',
      ['NetworkPolicy pay/deny'],
    ],
    [
      'a strict VPC CNI may shut a pod without a policy',
      [awsNode('strict')],
      { ...OUT, engine: AWS },
      'unknown',
      ['DaemonSet kube-system/aws-node'],
    ],
    [
      'a strict VPC CNI lets through what a policy allows',
      [awsNode('strict'), egress('pay/p', {})],
      { ...OUT, engine: AWS },
      'allow',
      ['NetworkPolicy pay/p'],
    ],
    [
      'nodes of EKS Auto Mode that deny by default may shut a pod without a policy',
      [nodeClass('DefaultDeny')],
      { ...OUT, engine: UNKNOWN },
      'unknown',
      ['NodeClass x'],
    ],
    ['nodes of EKS Auto Mode as they are', [nodeClass('DefaultAllow')], { ...OUT, engine: UNKNOWN }, 'allow', []],
    [
      'nodes of EKS Auto Mode in a cluster of another engine',
      [nodeClass('DefaultDeny')],
      { ...OUT, engine: CILIUM },
      'allow',
      [],
    ],
    ['a standard VPC CNI lets a pod without a policy out', [awsNode('standard')], { ...OUT, engine: AWS }, 'allow', []],
    ['strict is no word of another engine', [awsNode('strict')], { ...OUT, engine: CALICO }, 'allow', []],
  ])('%s', (_, objects, question, decision, by) => {
    const answer = ask([...CLUSTER, ...objects], question);
    expect([answer.decision, answer.by]).toEqual([decision, by]);
  });

  test('the ledger says why policies do nothing', () => {
    const { coverage } = readRuleBook([NEVER, egress('pay/deny')], { engine: CILIUM });
    expect(coverage).toEqual([
      {
        kind: 'NetworkPolicy.networking.k8s.io',
        status: 'not-enforced',
        objects: 1,
        why: 'enable-policy is "never" in ConfigMap cilium-config: the agents drop nothing',
      },
    ]);
  });
});
