/** How to check the answer by hand: the exact kubectl commands for this very pod, node and policy. */
import type { Diagnosis } from '../model.ts';
import { DEFAULT_PROBE_IMAGE } from '../probe/default-image.ts';
import { proxyInUse } from './conclude-proxy.ts';
import { expectationOf } from './expectation.ts';
import type { VerdictFacts } from './facts.ts';
import { lookedUpName } from './lookup.ts';
import { commandLine } from './shell-quote.ts';
import { endText, policiesOf } from './wording.ts';

type Step = Diagnosis['byHand'][number];

/**
 * Lists the commands in the order of the diagnosis: pod, name, cluster, host, node, policies. Every word is quoted for a
 * POSIX shell; a command that would need a word with control characters is left out.
 */
export function commandsByHand(facts: VerdictFacts): readonly Step[] {
  const { target } = facts;
  const own = [
    step('see the pod: its state, and the labels that policies select it by', [
      ...kubectl(facts, true),
      'get',
      `pod/${target.pod}`,
      '--show-labels',
      '--output=wide',
    ]),
    ...(target.state.kind === 'running'
      ? fromPod(facts)
      : [step('see why the pod does not run', [...kubectl(facts, true), 'describe', `pod/${target.pod}`])]),
    ...fromNode(facts),
    step('list the network policies of its namespace', [
      ...kubectl(facts, true),
      'get',
      'networkpolicies.networking.k8s.io',
    ]),
    ...decidingPolicies(facts).map(policy => step(`read ${policy}`, describePolicy(facts, policy))),
  ];
  return own.flatMap(each => (each === null ? [] : [each]));
}

function step(what: string, words: readonly string[]): Step | null {
  const command = commandLine(words);
  return command === null || /\p{Cc}/u.test(what) ? null : { what, command };
}

/** `--flag=value` for every name, and `kind/name`: a name that begins with a dash is then no option. */
function kubectl(facts: VerdictFacts, inNamespace: boolean): readonly string[] {
  const { cluster, context = cluster } = facts.question;
  const options = context === null || context === '' || context === 'in-cluster' ? [] : [`--context=${context}`];
  return ['kubectl', ...options, ...(inNamespace ? [`--namespace=${facts.target.namespace}`] : [])];
}

const STAYS = 'an ephemeral container; it stays in the spec until the pod is replaced';

function fromPod(facts: VerdictFacts): readonly (Step | null)[] {
  const enter = enterPod(facts);
  const name = lookedUpName(facts);
  const proxy = proxyInUse(facts);
  return [
    ...(name === null
      ? []
      : [step(`ask for the name from the pod (${enter.how})`, [...enter.words, 'nslookup', name])]),
    step(`reach the API server from the pod: is everything cut, or only what is outside? (${enter.how})`, [
      ...enter.words,
      ...fetch('https://kubernetes.default.svc/', enter.tool, facts),
    ]),
    step(`reach the host from the pod (${enter.how})`, [...enter.words, ...reachWords(facts, enter.tool)]),
    ...(proxy === null || enter.tool !== 'curl'
      ? []
      : [
          step(`reach the host from the pod through its proxy (${enter.how})`, [
            ...enter.words,
            ...fetch(urlOf(facts), 'curl', facts, endText(proxy.host, proxy.port)),
          ]),
        ]),
  ];
}

type Tool = 'curl' | 'wget';
type Entrance = { readonly words: readonly string[]; readonly how: string; readonly tool: Tool };

/** The container's own tools where the probe has found them; else a debug container, which needs nothing of the image. */
function enterPod(facts: VerdictFacts): Entrance {
  const { target } = facts;
  const found = facts.vantages.flatMap(each => (each.vantage === 'pod' && each.method === 'exec' ? each.tools : []));
  const tool = (['curl', 'wget'] as const).find(name =>
    found.some(text => text === name || text.startsWith(`${name} `)),
  );
  const pod = `pod/${target.pod}`;
  if (tool !== undefined) {
    const words = [...kubectl(facts, true), 'exec', pod, `--container=${target.container}`, '--'];
    return { words, how: 'with its own tools', tool };
  }
  return {
    words: [...kubectl(facts, true), 'debug', pod, '-it', `--image=${DEFAULT_PROBE_IMAGE}`, '--'],
    how: STAYS,
    tool: 'curl',
  };
}

function fromNode(facts: VerdictFacts): readonly (Step | null)[] {
  const { node } = facts.target;
  if (node === null) return [];
  const words = [
    ...kubectl(facts, false),
    'debug',
    `node/${node}`,
    '-it',
    `--image=${DEFAULT_PROBE_IMAGE}`,
    '--',
    ...reachWords(facts, 'curl'),
  ];
  return [step('reach the host from the node (a pod node-debugger-…; delete it afterwards)', words)];
}

/** What reaches the host: a request where HTTP is spoken, else a bare connect. */
function reachWords(facts: VerdictFacts, tool: Tool): readonly string[] {
  const { destination, timeoutMs } = facts.question;
  if (destination.application !== 'none') return fetch(urlOf(facts), tool, facts);
  const host = destination.host.kind === 'name' ? destination.host.name : destination.host.address;
  const udp = destination.protocol === 'UDP' ? ['-u'] : [];
  return ['nc', '-z', '-v', ...udp, '-w', seconds(timeoutMs), host, String(destination.port)];
}

/** The API server's certificate is the cluster's own (-k); `--globoff`: brackets and braces of a path are the path's, not curl's. */
function fetch(url: string, tool: Tool, facts: VerdictFacts, proxy?: string): readonly string[] {
  const wait = seconds(facts.question.timeoutMs);
  const isOurCheck = url.startsWith('https://kubernetes.default');
  if (tool === 'wget')
    return ['wget', '-q', '-O', '-', '-T', wait, ...(isOurCheck ? ['--no-check-certificate'] : []), url];
  const way = proxy === undefined ? ['--noproxy', '*'] : ['--proxy', `http://${proxy}`];
  return [
    'curl',
    '-sS',
    '--globoff',
    ...(isOurCheck ? ['-k'] : []),
    ...way,
    '--max-time',
    wait,
    '-o',
    '/dev/null',
    '-w',
    '%{http_code} from %{remote_ip} in %{time_total} s',
    url,
  ];
}

function urlOf(facts: VerdictFacts): string {
  const { application, host, port, path } = facts.question.destination;
  const scheme = application === 'http' ? 'http' : 'https';
  const end = host.kind === 'name' ? `${host.name}:${port}` : endText(host.address, port);
  return `${scheme}://${end}${path}`;
}

function seconds(timeoutMs: number): string {
  return String(Math.max(1, Math.ceil(timeoutMs / 1000)));
}

/** Policies that deny one of the pod's own flows. */
function decidingPolicies(facts: VerdictFacts): readonly string[] {
  return policiesOf((['destination', 'dns', 'proxy'] as const).map(purpose => expectationOf(facts, purpose)));
}

/** `NetworkPolicy ns/name` is Kubernetes' own; `Kind.group ns/name` names its group; a name alone is cluster-scoped. */
function describePolicy(facts: VerdictFacts, policy: string): readonly string[] {
  const [kind = '', reference = ''] = [policy.slice(0, policy.indexOf(' ')), policy.slice(policy.indexOf(' ') + 1)];
  const resource = kind === 'NetworkPolicy' ? 'networkpolicy.networking.k8s.io' : kind.toLowerCase();
  const slash = reference.indexOf('/');
  const namespace = slash < 0 ? [] : [`--namespace=${reference.slice(0, slash)}`];
  return [...kubectl(facts, false), ...namespace, 'describe', `${resource}/${reference.slice(slash + 1)}`];
}
