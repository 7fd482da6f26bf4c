/**
 * Captures the demo's stories anew from the cluster of KUBECONFIG: `node test/demo/record.ts [STORY...]`. The cluster must
 * know the documentation hosts that the stories ask for. Bundles go to src/demo; read their diff as a user would.
 */
import { fileURLToPath } from 'node:url';
import { readBundle, writeBundle } from '../../src/commands/bundle.ts';
import {
  allowDns,
  create,
  dropNamespace,
  ENGINE,
  egress,
  namespace,
  networkPolicy,
  pod,
  remove,
  waitForPods,
} from '../cluster/cluster.ts';

const FOLDER = fileURLToPath(new URL('../../src/demo/', import.meta.url));
const NS = 'payments';
const PROXY = { HTTPS_PROXY: 'http://proxy.example:3128', NO_PROXY: '10.0.0.0/8,.svc' };

type Story = { readonly name: string; readonly pod: string; readonly host: string; readonly namespace?: string };

/** In the order in which they are told: the runbook's own first. */
const STORIES: readonly Story[] = [
  { name: '01-deny-all-egress', pod: 'firewall-restriction-pod', host: 'google.com', namespace: 'default' },
  { name: '02-in-cluster-only', pod: 'deploy/api-client', host: 'api.stripe.com' },
  { name: '03-dns-forgotten', pod: 'invoices', host: 'api.stripe.com' },
  { name: '04-one-of-two-addresses', pod: 'ledger', host: 'multi.example' },
  { name: '05-cloud-firewall-drops', pod: 'reports', host: 'blackhole.example' },
  { name: '06-refused', pod: 'reports', host: 'refused.example' },
  { name: '07-certificate-expired', pod: 'reports', host: 'expired.example' },
  { name: '08-half-of-the-addresses', pod: 'reports', host: 'half.example' },
  { name: '09-proxy-denied', pod: 'batch', host: 'api.stripe.com' },
  { name: '10-no-such-name', pod: 'reports', host: 'nxdomain.example' },
  { name: '11-ipv6-only', pod: 'reports', host: 'v6only.example' },
  { name: '12-denied-and-dead', pod: 'invoices', host: 'https://blackhole.example:8443/' },
  { name: '13-not-running', pod: 'crashing', host: 'api.stripe.com' },
  { name: '14-forbidden-by-host', pod: 'reports', host: 'allowlist.example' },
  { name: '15-cilium-other-name', pod: 'mailer', host: 'google.com' },
  { name: '16-cilium-world-denied', pod: 'metrics', host: 'api.stripe.com' },
];

const apiClient = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace: NS, name: 'api-client' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'billing' } },
    template: {
      metadata: { labels: { app: 'billing' } },
      spec: {
        terminationGracePeriodSeconds: 0,
        containers: [{ name: 'app', image: 'busybox:1.36', command: ['sleep', '36000'] }],
      },
    },
  },
};

const ciliumPolicy = (name: string, app: string, rules: object) => ({
  apiVersion: 'cilium.io/v2',
  kind: 'CiliumNetworkPolicy',
  metadata: { namespace: NS, name },
  spec: { endpointSelector: { matchLabels: { app } }, ...rules },
});

const kubeDns = { 'k8s:io.kubernetes.pod.namespace': 'kube-system', 'k8s-app': 'kube-dns' };

async function setUp(): Promise<void> {
  await create(
    pod('default', 'firewall-restriction-pod', { labels: { app: 'firewall-test' } }),
    networkPolicy('default', 'deny-all-egress', {
      podSelector: { matchLabels: { app: 'firewall-test' } },
      policyTypes: ['Egress'],
    }),
    namespace(NS, { team: 'payments' }),
    apiClient,
    pod(NS, 'invoices'),
    pod(NS, 'ledger'),
    pod(NS, 'reports'),
    pod(NS, 'batch', { env: PROXY }),
    networkPolicy(NS, 'in-cluster-only', {
      podSelector: { matchLabels: { app: 'billing' } },
      policyTypes: ['Egress'],
      egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8' } }] }, allowDns('UDP', 'TCP')],
    }),
    networkPolicy(NS, 'https-without-dns', {
      podSelector: { matchLabels: { app: 'invoices' } },
      policyTypes: ['Egress'],
      egress: [{ ports: [{ protocol: 'TCP', port: 443 }] }],
    }),
    networkPolicy(NS, 'one-address', {
      podSelector: { matchLabels: { app: 'ledger' } },
      policyTypes: ['Egress'],
      egress: [allowDns('UDP', 'TCP'), { to: [{ ipBlock: { cidr: '203.0.113.60/32' } }] }],
    }),
    pod(NS, 'mailer'),
    pod(NS, 'metrics'),
    ciliumPolicy('only-known-names', 'mailer', {
      egress: [
        {
          toEndpoints: [{ matchLabels: kubeDns }],
          toPorts: [{ ports: [{ port: '53', protocol: 'ANY' }], rules: { dns: [{ matchPattern: '*' }] } }],
        },
        { toFQDNs: [{ matchName: 'api.stripe.com' }], toPorts: [{ ports: [{ port: '443', protocol: 'TCP' }] }] },
      ],
    }),
    ciliumPolicy('nothing-outside', 'metrics', {
      egress: [{ toEntities: ['all'] }],
      egressDeny: [{ toEntities: ['world'] }],
    }),
    networkPolicy(NS, 'not-even-the-proxy', {
      podSelector: { matchLabels: { app: 'batch' } },
      policyTypes: ['Egress'],
      egress: [allowDns('UDP', 'TCP')],
    }),
  );
  await waitForPods('default');
  await waitForPods(NS);
  await create(pod(NS, 'crashing', { container: { command: ['false'] } }));
  // Long enough for the first restarts: the state is then CrashLoopBackOff.
  await new Promise(resolve => setTimeout(resolve, 15_000));
}

const wanted = process.argv.slice(2);
await dropNamespace(NS);
await tearDownDefault();
try {
  await setUp();
  for (const story of STORIES) {
    if (wanted.length > 0 && !wanted.includes(story.name)) continue;
    const file = `${FOLDER}${story.name}.json`;
    const run = await egress(
      'capture',
      story.pod,
      story.host,
      '-n',
      story.namespace ?? NS,
      '--engine',
      ENGINE,
      '--file',
      file,
    );
    withoutOthers(file);
    process.stdout.write(
      `${story.name}: exit ${run.code}: ${run.stdout.split('\n')[0] ?? ''}${run.code > 3 ? run.stderr : ''}\n`,
    );
  }
} finally {
  await dropNamespace(NS);
  await tearDownDefault();
}

/** Who else used the cluster, and changed policies of their own while the story was captured, is no part of it. */
function withoutOthers(file: string): void {
  const evidence = readBundle(file);
  const isOwn = (policy: string) => [NS, 'default'].some(own => policy.includes(` ${own}/`));
  writeBundle(file, { ...evidence, changedMeanwhile: evidence.changedMeanwhile.filter(isOwn) });
}

async function tearDownDefault(): Promise<void> {
  await remove(
    pod('default', 'firewall-restriction-pod'),
    networkPolicy('default', 'deny-all-egress', { podSelector: {} }),
  );
}
