/** Which pod is meant, as a user typed it -> PodRequest. Whether it exists is only known with a cluster. */
import type { Fault } from './faults.ts';
import { shown } from './hostname.ts';
import { readLabelSelector } from './label-selector.ts';
import type { OwnerKind, PodRequest } from './model.ts';

/** A request for a pod, or why the text is none. */
export type PodRequestReading =
  | { readonly kind: 'request'; readonly request: PodRequest }
  | { readonly kind: 'refused'; readonly fault: Fault };

type Named = { readonly namespace: string | null; readonly kindWord: string | null; readonly name: string };

/** kubectl's own words and short names. A word here is never read as a namespace: write `-n deploy` for one called that. */
const KIND_WORDS: ReadonlyMap<string, OwnerKind | 'Pod'> = new Map([
  ...words('Pod', 'po', 'pod', 'pods'),
  ...words('Deployment', 'deploy', 'deployment', 'deployments', 'deployments.apps'),
  ...words('StatefulSet', 'sts', 'statefulset', 'statefulsets', 'statefulsets.apps'),
  ...words('DaemonSet', 'ds', 'daemonset', 'daemonsets', 'daemonsets.apps'),
  ...words('ReplicaSet', 'rs', 'replicaset', 'replicasets', 'replicasets.apps'),
  ...words('Job', 'job', 'jobs', 'jobs.batch'),
  ...words('CronJob', 'cj', 'cronjob', 'cronjobs', 'cronjobs.batch'),
]);

const SERVICE_WORDS: ReadonlySet<string> = new Set(['svc', 'service', 'services']);

/** Kubernetes object names: DNS subdomain and DNS label. https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
const SUBDOMAIN = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
const DNS_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

const FORMS =
  'Write `POD`, `NAMESPACE/POD`, `deploy/NAME`, `NAMESPACE/deploy/NAME` or labels as in `app=billing,tier=api`.';

/**
 * Reads `billing-pod`, `payments/billing-pod`, `deploy/billing`, `payments/deploy/billing` and label selectors
 * (`app=billing,tier in (a,b)`; a lone key as `-l app`). Of `a/b`, `a` is a kind when it is one of kubectl's words for
 * pods and their owners, else a namespace. `namespace` is that of `-n`; null: none given. A selector takes its
 * namespace from there alone, since a label key may hold a slash itself.
 */
export function readPodRequest(text: string, namespace: string | null): PodRequestReading {
  const fault = namespace === null ? null : faultOfNamespace(namespace);
  if (fault !== null) return refused(fault);
  const selector = selectorText(text);
  if (selector !== null) return selectorRequest(text, selector, namespace);
  const named = splitName(text);
  if ('code' in named) return refused(named);
  if (namespace !== null && named.namespace !== null && named.namespace !== namespace) {
    const cause = `${shown(text)} names the namespace ${named.namespace}, and -n names ${namespace}.`;
    return refused(usage('Two namespaces were given.', cause, 'Leave one of them out.'));
  }
  return namedRequest(text, { ...named, namespace: named.namespace ?? namespace });
}

/** The selector in the text, or null when it names an object: no name holds any of these characters. */
function selectorText(text: string): string | null {
  const option = /^\s*(?:-l|--selector)(?:\s+|=)(.*)$/s.exec(text);
  if (option !== null) return option[1] ?? '';
  return /[=!(),]/.test(text) ? text : null;
}

function selectorRequest(text: string, selectorText: string, namespace: string | null): PodRequestReading {
  const reading = readLabelSelector(selectorText);
  if (reading.kind === 'selector') return { kind: 'request', request: { text, namespace, by: reading } };
  const remedy = 'Write it as for kubectl, as in `app=billing,tier in (a,b)`, and its namespace with -n.';
  return refused(usage(`${shown(text)} is no label selector.`, reading.cause, remedy));
}

function namedRequest(text: string, { namespace, kindWord, name }: Named): PodRequestReading {
  if (kindWord !== null && SERVICE_WORDS.has(kindWord)) {
    const cause = 'A Service runs nothing: its pods do.';
    return refused(
      usage(
        `${shown(text)} is no pod.`,
        cause,
        "Name one of them, their owner, or the Service's selector, as in `app=billing`.",
      ),
    );
  }
  const kind = kindWord === null ? 'Pod' : KIND_WORDS.get(kindWord);
  if (kind === undefined) {
    return refused(usage(`${shown(text)} is no pod.`, `${shown(kindWord ?? '')} is no kind that has pods.`, FORMS));
  }
  const fault = (namespace === null ? null : faultOfNamespace(namespace)) ?? faultOfName(kind, name);
  if (fault !== null) return refused(fault);
  const by = kind === 'Pod' ? ({ kind: 'pod', name } as const) : ({ kind: 'owner', ownerKind: kind, name } as const);
  return { kind: 'request', request: { text, namespace, by } };
}

function splitName(text: string): Named | Fault {
  if (text === '') return usage('No pod was named.', 'The text is empty.', FORMS);
  const [first = '', second, third, ...more] = text.split('/');
  if (second === undefined) return { namespace: null, kindWord: null, name: first };
  const word = first.toLowerCase();
  if (third === undefined && (KIND_WORDS.has(word) || SERVICE_WORDS.has(word)))
    return { namespace: null, kindWord: word, name: second };
  if (third === undefined) return { namespace: first, kindWord: null, name: second };
  if (more.length === 0) return { namespace: first, kindWord: second.toLowerCase(), name: third };
  return usage(`${shown(text)} is no pod.`, 'It has more than three parts.', FORMS);
}

function faultOfNamespace(namespace: string): Fault | null {
  if (DNS_LABEL.test(namespace)) return null;
  const cause = 'A namespace has 1 to 63 lower-case letters, digits and inner hyphens (RFC 1123).';
  return usage(`${shown(namespace)} is no namespace.`, cause, '`kubectl get namespaces` lists them.');
}

function faultOfName(kind: OwnerKind | 'Pod', name: string): Fault | null {
  if (name.length <= 253 && SUBDOMAIN.test(name)) return null;
  const cause =
    'A name has 1 to 253 lower-case letters, digits, hyphens and dots, and begins and ends with a letter or digit (RFC 1123).';
  return usage(`${shown(name)} is no name of a ${kind}.`, cause, FORMS);
}

function words(kind: OwnerKind | 'Pod', ...of: readonly string[]): readonly (readonly [string, OwnerKind | 'Pod'])[] {
  return of.map(word => [word, kind] as const);
}

function refused(fault: Fault): PodRequestReading {
  return { kind: 'refused', fault };
}

function usage(what: string, cause: string, remedy: string): Fault {
  return { code: 'usage', what, cause, remedy };
}
