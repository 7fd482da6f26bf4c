import { describe, expect, test } from 'vitest';
import { commandsByHand } from '../../src/diagnose/by-hand.ts';
import type { VantageReport } from '../../src/model.ts';
import type { ClusterAccess } from '../../src/settings/settings.ts';
import { contextOf } from '../../src/work/live-clusters.ts';
import { DENY_ALL, facts, flow, type Given, PROXY, rules } from './verdict-builders.ts';

const commands = (given: Given): readonly string[] => commandsByHand(facts(given)).map(each => each.command);
const EXEC: VantageReport = {
  vantage: 'pod',
  status: 'probed',
  method: 'exec',
  ranIn: 'billing-pod/billing',
  why: '',
  startupMs: 0,
  tools: ['wget 1.21', 'nc'],
};
const CURL =
  "curl -sS --globoff --noproxy '*' --max-time 3 -o /dev/null -w '%{http_code} from %{remote_ip} in %{time_total} s' https://api.stripe.com:443/";
const DEBUG = 'kubectl --context=lab --namespace=payments debug pod/billing-pod -it --image=nicolaka/netshoot:v0.13 --';

describe('commands to check by hand', () => {
  test('are for this pod, this node and the deciding policy', () => {
    expect(commands({ rules: rules('deny') })).toEqual([
      'kubectl --context=lab --namespace=payments get pod/billing-pod --show-labels --output=wide',
      `${DEBUG} nslookup api.stripe.com`,
      `${DEBUG} curl -sS --globoff -k --noproxy '*' --max-time 3 -o /dev/null -w '%{http_code} from %{remote_ip} in %{time_total} s' https://kubernetes.default.svc/`,
      `${DEBUG} ${CURL}`,
      `kubectl --context=lab debug node/node-1 -it --image=nicolaka/netshoot:v0.13 -- ${CURL}`,
      'kubectl --context=lab --namespace=payments get networkpolicies.networking.k8s.io',
      'kubectl --context=lab --namespace=payments describe networkpolicy.networking.k8s.io/deny-all-egress',
    ]);
  });

  test.each([
    ['the name of the cluster, where nothing else is said', {}, 'kubectl --context=lab --namespace=payments get'],
    ['the context that leads there', { context: 'gke_eu_1' }, 'kubectl --context=gke_eu_1 --namespace=payments get'],
    ['none, where the name is only the bot’s own', { context: null }, 'kubectl --namespace=payments get'],
    ['none inside the cluster', { cluster: 'in-cluster' }, 'kubectl --namespace=payments get'],
  ])('have as context %s', (_rule, question, begin) => {
    const given = facts({});
    const [first] = commandsByHand({ ...given, question: { ...given.question, ...question } });
    expect(first?.command.startsWith(begin)).toBe(true);
  });

  test.each<readonly [ClusterAccess, string | null]>([
    [{ kind: 'kubeconfig', context: 'prod-eu', asBot: true }, 'prod-eu'],
    [{ kind: 'kubeconfig', context: null, asBot: true }, null],
    [{ kind: 'in-cluster' }, null],
    [{ kind: 'secret', secret: 's' }, null],
    [{ kind: 'eks', clusterName: 'prod', region: 'eu-west-1' }, null],
  ])('of a configured cluster %j have the context %s', (access, context) => expect(contextOf(access)).toBe(context));

  const table: readonly (readonly [string, Given, string])[] = [
    [
      "the container's own wget where the probe found it",
      { vantages: [EXEC] },
      'kubectl --context=lab --namespace=payments exec pod/billing-pod --container=billing -- wget -q -O - -T 3 https://api.stripe.com:443/',
    ],
    ['plain HTTP', { application: 'http' }, `${DEBUG} ${CURL.replace('https:', 'http:')}`],
    ['a bare port is a connect', { application: 'none' }, `${DEBUG} nc -z -v -w 3 api.stripe.com 443`],
    ['UDP', { application: 'none', protocol: 'UDP' }, `${DEBUG} nc -z -v -u -w 3 api.stripe.com 443`],
    ['an address', { hostKind: 'address' }, `${DEBUG} ${CURL.replace('api.stripe.com', '203.0.113.43')}`],
    [
      'through the proxy',
      { target: { proxy: PROXY } },
      `${DEBUG} ${CURL.replace("--noproxy '*'", '--proxy http://proxy.example:3128')}`,
    ],
    [
      'a pod that does not run is described',
      { target: { state: { kind: 'not-running', reason: 'Pending', message: '' } } },
      'kubectl --context=lab --namespace=payments describe pod/billing-pod',
    ],
    [
      "another API's policy is named with its group",
      { rules: [flow('destination', 'deny', { by: ['NetworkPolicy.projectcalico.org payments/x'] })] },
      'kubectl --context=lab --namespace=payments describe networkpolicy.projectcalico.org/x',
    ],
    [
      'a cluster-scoped policy has no namespace',
      { rules: [flow('destination', 'deny', { by: ['CiliumClusterwideNetworkPolicy x'] })] },
      'kubectl --context=lab describe ciliumclusterwidenetworkpolicy/x',
    ],
    [
      "a policy of the destination's namespace",
      { rules: [flow('destination', 'deny', { by: ['NetworkPolicy shop/db'], side: 'ingress' })] },
      'kubectl --context=lab --namespace=shop describe networkpolicy.networking.k8s.io/db',
    ],
    [
      'a hostile name stays one word',
      { target: { pod: "x'; rm -rf ~" } },
      "kubectl --context=lab --namespace=payments get 'pod/x'\\''; rm -rf ~' --show-labels --output=wide",
    ],
  ];
  test.each(table)('%s', (_rule, given, wanted) => {
    expect(commands(given)).toContain(wanted);
  });

  test('a pod on no node is not looked at from a node', () => {
    expect(commands({ target: { node: null } }).join('\n')).not.toContain('node/');
  });

  test('a word with control characters leaves its command out, and no other', () => {
    const given = commands({ target: { node: 'n\u001b[2J' } });
    expect(given.join('')).not.toMatch(/\p{Cc}/u);
    expect(given).toContain('kubectl --context=lab --namespace=payments get networkpolicies.networking.k8s.io');
  });

  test('a policy whose name would be an option is none', () => {
    expect(commands({ rules: [flow('destination', 'deny', { by: ['NetworkPolicy payments/--all'] })] })).toContain(
      'kubectl --context=lab --namespace=payments describe networkpolicy.networking.k8s.io/--all',
    );
  });

  test('an identity inside the cluster has no context', () => {
    const given = facts();
    const inside = commandsByHand({ ...given, question: { ...given.question, cluster: 'in-cluster' } });
    expect(inside.map(each => each.command)).toContain(
      'kubectl --namespace=payments get networkpolicies.networking.k8s.io',
    );
  });

  test('policies that decide nothing are not described', () => {
    expect(commands({}).join('\n')).not.toContain(DENY_ALL.split('/')[1]);
  });
});
