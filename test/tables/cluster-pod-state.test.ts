import { describe, expect, test } from 'vitest';
import { podState } from '../../src/cluster/pod-state.ts';
import { mainContainer, sidecarsOf } from '../../src/cluster/sidecars.ts';

const running = { running: { startedAt: '2026-11-21T07:00:00Z' } };
const waiting = (reason: string, message = ''): object => ({ waiting: { reason, message } });
const ended = (reason: string, exitCode: number): object => ({ terminated: { reason, exitCode } });
const container = (state: object, more: object = {}): object => ({ name: 'app', state, ...more });
const scheduled = { type: 'PodScheduled', status: 'True' };
const ready = { type: 'Ready', status: 'True' };

const pod = (status: object, metadata: object = {}): Record<string, unknown> => ({ metadata, status });

describe('the state of a pod, in the words of kubectl', () => {
  test.each<readonly [string, Record<string, unknown>, string, string]>([
    [
      'running and ready',
      pod({ phase: 'Running', conditions: [ready], containerStatuses: [container(running)] }),
      'running',
      'ready',
    ],
    ['running, not ready', pod({ phase: 'Running', containerStatuses: [container(running)] }), 'running', 'not ready'],
    [
      'running: another container crashes',
      pod({
        phase: 'Running',
        containerStatuses: [container(running), { name: 'other', state: waiting('CrashLoopBackOff') }],
      }),
      'running',
      'not ready',
    ],
    [
      'its container crash-loops',
      pod({
        phase: 'Running',
        containerStatuses: [
          container(waiting('CrashLoopBackOff', 'back-off 40s'), { restartCount: 3, lastState: ended('Error', 3) }),
        ],
      }),
      'CrashLoopBackOff',
      'container app: back-off 40s, ended with exit code 3 (Error), 3 restarts',
    ],
    [
      'its container has just crashed',
      pod({ phase: 'Running', containerStatuses: [container(ended('OOMKilled', 137), { restartCount: 1 })] }),
      'OOMKilled',
      'container app: ended with exit code 137 (OOMKilled), 1 restarts',
    ],
    [
      'no node for it',
      pod({
        phase: 'Pending',
        conditions: [{ type: 'PodScheduled', status: 'False', message: '0/3 nodes are available' }],
      }),
      'Pending',
      '0/3 nodes are available',
    ],
    [
      'its image cannot be pulled',
      pod({
        phase: 'Pending',
        conditions: [scheduled],
        containerStatuses: [container(waiting('ImagePullBackOff', 'no such image'))],
      }),
      'ImagePullBackOff',
      'container app: no such image',
    ],
    [
      'an init container crash-loops, whatever the others say',
      pod({
        phase: 'Pending',
        conditions: [scheduled],
        initContainerStatuses: [{ name: 'migrate', state: waiting('CrashLoopBackOff') }],
        containerStatuses: [container(waiting('PodInitializing'))],
      }),
      'Init:CrashLoopBackOff',
      'container migrate',
    ],
    [
      'an init container still runs',
      pod({ phase: 'Pending', conditions: [scheduled], containerStatuses: [container(waiting('PodInitializing'))] }),
      'Pending',
      'its containers have not started yet',
    ],
    [
      'completed',
      pod({ phase: 'Succeeded', containerStatuses: [container(ended('Completed', 0))] }),
      'Succeeded',
      'container app: ended with exit code 0 (Completed)',
    ],
    ['evicted', pod({ phase: 'Failed', reason: 'Evicted', message: 'low on memory' }), 'Evicted', 'low on memory'],
    ['failed', pod({ phase: 'Failed' }), 'Failed', 'all its containers have ended'],
    [
      'being deleted, though it still runs',
      pod({ phase: 'Running', conditions: [ready] }, { deletionTimestamp: '2026-11-21T07:00:00Z' }),
      'Terminating',
      'it is being deleted',
    ],
    ['its node is lost', pod({ phase: 'Unknown', reason: 'NodeLost' }), 'NodeLost', 'its node does not report'],
    ['no status yet', pod({}), 'Unknown', 'its node does not report'],
  ])('%s', (_rule, given, word, detail) => {
    const state = podState(given, 'app');
    const told =
      state.kind === 'running' ? ['running', state.ready ? 'ready' : 'not ready'] : [state.reason, state.message];
    expect(told).toEqual([word, detail]);
  });
});

const spec = (containers: readonly object[], more: object = {}, annotations: object = {}): Record<string, unknown> => ({
  metadata: { annotations },
  spec: { containers, ...more },
});

describe('what stands between the application and the network', () => {
  test.each<readonly [string, Record<string, unknown>, readonly string[], string]>([
    ['nothing', spec([{ name: 'app', image: 'busybox:1.36' }]), [], 'app'],
    ['a proxy by its name', spec([{ name: 'istio-proxy' }, { name: 'app' }]), ['istio-proxy'], 'app'],
    [
      'a proxy by its image',
      spec([{ name: 'app' }, { name: 'mesh', image: 'docker.io/istio/proxyv2:1.24' }]),
      ['mesh'],
      'app',
    ],
    [
      'a proxy by its image, with a digest',
      spec([{ name: 'app' }, { name: 'mesh', image: 'envoyproxy/envoy@sha256:0' }]),
      ['mesh'],
      'app',
    ],
    ['an image that merely sounds like one', spec([{ name: 'app', image: 'acme/envoy-dashboard:1' }]), [], 'app'],
    [
      'a native sidecar',
      spec([{ name: 'app' }], {
        initContainers: [{ name: 'linkerd-proxy', restartPolicy: 'Always' }, { name: 'linkerd-init' }],
      }),
      ['linkerd-proxy'],
      'app',
    ],
    [
      'an init container that ends is none',
      spec([{ name: 'app' }], { initContainers: [{ name: 'envoy' }] }),
      [],
      'app',
    ],
    [
      'a mesh without sidecars',
      spec([{ name: 'app' }], {}, { 'ambient.istio.io/redirection': 'enabled' }),
      ['ztunnel (Istio ambient)'],
      'app',
    ],
    [
      "kubectl's default container is the application",
      spec([{ name: 'a' }, { name: 'b' }], {}, { 'kubectl.kubernetes.io/default-container': 'b' }),
      [],
      'b',
    ],
    [
      'a default container that is not there is not',
      spec([{ name: 'a' }], {}, { 'kubectl.kubernetes.io/default-container': 'gone' }),
      [],
      'a',
    ],
    ['a pod that is a proxy', spec([{ name: 'envoy' }]), ['envoy'], 'envoy'],
  ])('%s', (_rule, given, sidecars, main) => {
    expect(sidecarsOf(given)).toEqual(sidecars);
    expect(mainContainer(given).name).toBe(main);
  });
});
