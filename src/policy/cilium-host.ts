/**
 * Cilium's host firewall: clusterwide policies with a nodeSelector are for the nodes themselves. What they let a node
 * receive and send is not evaluated, so where they come in the answer is not known. They can only deny what the pods'
 * policies allow: a layer of their own. https://docs.cilium.io/en/stable/security/host-firewall/
 */
import { isCiliumConfig } from './cilium-config.ts';
import { readCiliumSelector } from './cilium-selector.ts';
import { readMeta } from './meta.ts';
import type { Field, Policy, Rule } from './model.ts';
import type { Place, PlacedPolicy, ReaderContext } from './reader.ts';
import { isRecord, type Json, listAt, memberOf, objectName, textAt } from './reading.ts';
import { mapKeys } from './selector.ts';

const KIND = 'CiliumClusterwideNetworkPolicy';
const PLACE: Place = { layer: 'host', tier: 'host', order: 0, combine: 'first-match', endOfTier: 'pass' };

/** What such policies may deny where the settings say `enable-host-firewall`; empty else: by default it is off. */
export function nodePolicies(context: ReaderContext): readonly PlacedPolicy[] {
  const isOn = context
    .objectsOf('', 'ConfigMap')
    .filter(isCiliumConfig)
    .some(each => textAt(each, 'data', 'enable-host-firewall') === 'true');
  if (!isOn) return [];
  return context.objectsOf('cilium.io', KIND).flatMap(object => specsOf(object).flatMap(spec => placed(spec, object)));
}

function specsOf(object: Json): readonly Json[] {
  const specs = [memberOf(object, 'spec'), ...listAt(object, 'specs')];
  return specs.filter(isRecord).filter(spec => isRecord(spec.nodeSelector));
}

function placed(spec: Json, object: Json): readonly PlacedPolicy[] {
  const has = (...keys: readonly string[]) => keys.some(key => listAt(spec, key).length > 0);
  const [receives, sends] = [has('ingress', 'ingressDeny'), has('egress', 'egressDeny')];
  const open = (what: string): Field => {
    const why = `what ${objectName(object)} lets nodes ${what} with Cilium's host firewall is not evaluated`;
    return { name: 'rules', negated: false, anyOf: [{ kind: 'unreadable', why }] };
  };
  // Its keys have a source, which labels of nodes have not.
  const written = readCiliumSelector(spec.nodeSelector, 'nodeSelector', { problems: [] });
  const expression = mapKeys(written, key => key.replace(/^(any|k8s):/, ''));
  const nodes: Field = {
    name: 'to',
    negated: false,
    anyOf: [{ kind: 'nodes', selector: { view: 'kubernetes', expression } }],
  };
  return [
    ...(receives ? [policyOf(object, [nodes, open('receive')], false)] : []),
    ...(sends ? [policyOf(object, [open('send')], true)] : []),
  ];
}

function policyOf(object: Json, fields: readonly Field[], onlyHostNetwork: boolean): PlacedPolicy {
  const rule: Rule = { index: 0, name: 'implied', action: 'deny', fields, notes: [], implied: true };
  const policy: Policy = {
    ref: { kind: KIND, namespace: null, name: textAt(object, 'metadata', 'name') ?? '' },
    subject: {
      namespaces: { kind: 'all' },
      pods: { view: 'kubernetes', expression: { op: 'true' } },
      serviceAccounts: null,
      hostNetwork: 'applies',
      ...(onlyHostNetwork && { onlyHostNetwork }),
    },
    isolates: { egress: false, ingress: false },
    egress: [rule],
    ingress: 'absent',
    problems: [],
    meta: readMeta(object),
    implied: true,
  };
  return { place: PLACE, order: 0, tie: objectName(object), policy };
}
