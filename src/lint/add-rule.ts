/** YAML to add to a policy so that its pods can ask the cluster's DNS, in the policy's own kind. */
import { stringify } from 'yaml';
import type { Protocol } from '../model.ts';
import type { PolicyRef } from '../policy/model.ts';

/** Where clusters run their DNS unless somebody moved it: https://kubernetes.io/docs/tasks/administer-cluster/dns-custom-nameservers/ */
const DNS_NAMESPACE = 'kube-system';
const DNS_LABELS: Readonly<Record<string, string>> = { 'k8s-app': 'kube-dns' };
/** https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-metadata-name */
const NAMESPACE_LABEL = 'kubernetes.io/metadata.name';

/** The DNS rule in the policy's kind, as an item of `spec.egress`; null: no YAML is known for this kind. */
export function dnsRuleYaml(
  { kind }: Pick<PolicyRef, 'kind'>,
  protocols: readonly Protocol[],
  withNames: readonly object[] = [],
): string | null {
  const rules = dnsRules(kind, protocols, withNames);
  return rules === null ? null : stringify({ spec: { egress: rules } }, { lineWidth: 0 });
}

function dnsRules(kind: string, protocols: readonly Protocol[], names: readonly object[]): readonly object[] | null {
  switch (kind) {
    case 'NetworkPolicy':
      return [
        {
          to: [
            {
              namespaceSelector: { matchLabels: { [NAMESPACE_LABEL]: DNS_NAMESPACE } },
              podSelector: { matchLabels: DNS_LABELS },
            },
          ],
          ports: protocols.map(protocol => ({ protocol, port: 53 })),
        },
      ];
    case 'CiliumNetworkPolicy':
    case 'CiliumClusterwideNetworkPolicy':
      return [
        {
          toEndpoints: [{ matchLabels: { 'k8s:io.kubernetes.pod.namespace': DNS_NAMESPACE, ...DNS_LABELS } }],
          toPorts: [
            {
              ports: protocols.map(protocol => ({ port: '53', protocol })),
              ...(names.length > 0 && { rules: { dns: names } }),
            },
          ],
        },
      ];
    case 'NetworkPolicy.projectcalico.org':
    case 'GlobalNetworkPolicy':
      return protocols.map(protocol => ({
        action: 'Allow',
        protocol,
        destination: {
          namespaceSelector: `projectcalico.org/name == '${DNS_NAMESPACE}'`,
          selector: "k8s-app == 'kube-dns'",
          ports: [53],
        },
      }));
    default:
      return null;
  }
}
