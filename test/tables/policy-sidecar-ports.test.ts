/** Port names of init containers that stay: some engines count them (Cilium 1.15 does not), and nothing says of most. */
import { describe, expect, test } from 'vitest';
import type { Engine } from '../../src/model.ts';
import { type Ask, ask, CALICO, CILIUM, CLUSTER, egress, namespace, pod, UNKNOWN } from './policy-builders.ts';

type Ports = readonly object[];
const http = (containerPort: number) => [{ name: 'http', containerPort }];

/** A pod with a container and an init container that stays. */
function withSidecar(path: string, ip: string, main: Ports, sidecar: Ports): object {
  const { spec, ...rest } = pod(path, { ip, ports: main }) as { readonly spec: object };
  const initContainers = [{ name: 'proxy', restartPolicy: 'Always', ports: sidecar }];
  return { ...rest, spec: { ...spec, initContainers } };
}

const TO: Ask = { to: 'pod:far/web', port: 8080 };
const toNamed = egress('pay/p', { ports: [{ port: 'http' }] });

describe('a port name', () => {
  type Row = readonly [rule: string, main: Ports, sidecar: Ports, ask: Ask, decision: string];
  test.each<Row>([
    ['of a container', http(8080), [], TO, 'allow'],
    ['of an init container that stays is perhaps one', [], http(8080), TO, 'unknown'],
    ['of both with the same number', http(8080), http(8080), TO, 'allow'],
    ['of both, where the container has the number', http(8080), http(9090), TO, 'allow'],
    ['of both, where the init container has it', http(9090), http(8080), TO, 'unknown'],
    ['of an init container with another number', [], http(9090), TO, 'deny'],
    ['of another protocol', [], [{ name: 'http', containerPort: 8080, protocol: 'UDP' }], TO, 'deny'],
  ])('%s', (_rule, main, sidecar, asked, decision) => {
    const objects = [...CLUSTER, namespace('far'), withSidecar('far/web', '10.244.2.1', main, sidecar), toNamed];
    expect(ask(objects, { ...asked, engine: CALICO }).decision).toBe(decision);
  });

  test.each<readonly [string, Engine]>([
    ['Cilium', CILIUM],
    ['an unknown engine', UNKNOWN],
  ])('that only an init container gives a number for all pods: %s', (_name, engine) => {
    const objects = [...CLUSTER.filter(each => !JSON.stringify(each).includes('"web"')), namespace('far'), toNamed];
    const far = withSidecar('far/web', '10.244.2.1', [], http(8080));
    expect(ask([...objects, far], { ...TO, engine }).decision).toBe('unknown');
    expect(ask([...objects, pod('far/web', { ip: '10.244.2.1' })], { ...TO, engine }).decision).toBe('deny');
  });
});
