/**
 * Reads the proxy variables of a container as the kubelet would set them, and no other variable. Secrets are never
 * read: what one of them could set is named as unknown. What the image itself sets (ENV) is not in the pod's object,
 * so it is not seen here. Pure.
 */
import { asList, asRecord, type JsonRecord, textOf } from './json.ts';

/** A ConfigMap that the container's environment refers to. */
export type ConfigMapReading =
  | { readonly kind: 'read'; readonly values: Readonly<Record<string, string>> }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unreadable'; readonly why: string };

/** The proxy variables of one container. */
export type ProxyVariables = {
  /** As the container sees them, credentials and all: never to leave this program. An unknown part is UNKNOWN_PART. */
  readonly values: Readonly<Record<string, string>>;
  /** One sentence for each source that may set a proxy variable and was not read. */
  readonly unread: readonly string[];
};

/** Stands where a value came from a Secret or from something that could not be read. No real value holds it. */
export const UNKNOWN_PART = '\u0000';

const NAMES = ['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'].flatMap(name => [name, name.toUpperCase()]);

/** Names the ConfigMaps that could hold a proxy variable or a part of one. */
export function configMapsNeeded(container: JsonRecord): readonly string[] {
  const whole = asList(container.envFrom).map(source => textOf(asRecord(asRecord(source).configMapRef).name));
  const keys = asList(container.env).map(variable => textOf(configMapKey(variable).name));
  const hasProxy = asList(container.env).some(variable => NAMES.includes(textOf(asRecord(variable).name)));
  // Single keys matter when they set a proxy or are a part of one: `http://$(PROXY_HOST):3128`.
  return [...new Set([...whole, ...(hasProxy ? keys : [])])].filter(name => name !== '');
}

/**
 * Resolves envFrom, then env (which wins), then `$(NAME)` references.
 * https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
 */
export function readProxyVariables(
  pod: JsonRecord,
  container: JsonRecord,
  configMaps: ReadonlyMap<string, ConfigMapReading>,
): ProxyVariables {
  const values = new Map<string, string>();
  const unread: string[] = [];
  for (const source of asList(container.envFrom).map(asRecord)) readSource(source, configMaps, values, unread);
  const fromSecrets = unread.length > 0;
  for (const variable of asList(container.env).map(asRecord)) {
    values.set(textOf(variable.name), resolveVariable(variable, { pod, configMaps, values, fromSecrets }));
  }
  const proxies = [...values].filter(([name]) => NAMES.includes(name));
  const own = new Set(asList(container.env).map(variable => textOf(asRecord(variable).name)));
  // A variable of env hides whatever envFrom has under its name.
  const open = NAMES.some(name => !own.has(name));
  return { values: Object.fromEntries(proxies), unread: open ? unread : [] };
}

function readSource(
  source: JsonRecord,
  configMaps: ReadonlyMap<string, ConfigMapReading>,
  values: Map<string, string>,
  unread: string[],
): void {
  const prefix = textOf(source.prefix);
  const couldSetProxy = NAMES.some(name => name.startsWith(prefix));
  const secret = textOf(asRecord(source.secretRef).name);
  if (secret !== '' && couldSetProxy)
    unread.push(`all keys of Secret ${secret} become variables, and Secrets are never read`);
  const name = textOf(asRecord(source.configMapRef).name);
  const map = configMaps.get(name);
  if (map?.kind === 'unreadable' && couldSetProxy)
    unread.push(`all keys of ConfigMap ${name} become variables, and it could not be read: ${map.why}`);
  if (map?.kind !== 'read') return;
  for (const [key, value] of Object.entries(map.values)) values.set(`${prefix}${key}`, value);
}

type Sources = {
  readonly pod: JsonRecord;
  readonly configMaps: ReadonlyMap<string, ConfigMapReading>;
  readonly values: ReadonlyMap<string, string>;
  readonly fromSecrets: boolean;
};

function resolveVariable(variable: JsonRecord, sources: Sources): string {
  const from = asRecord(variable.valueFrom);
  if (variable.valueFrom === undefined) return expand(textOf(variable.value), sources);
  const key = configMapKey(variable);
  if (key.name !== undefined) {
    const map = sources.configMaps.get(textOf(key.name));
    if (map?.kind === 'read') return map.values[textOf(key.key)] ?? '';
    return map?.kind === 'absent' ? '' : UNKNOWN_PART;
  }
  return fieldOf(sources.pod, textOf(asRecord(from.fieldRef).fieldPath)) ?? UNKNOWN_PART;
}

function configMapKey(variable: unknown): JsonRecord {
  return asRecord(asRecord(asRecord(variable).valueFrom).configMapKeyRef);
}

/** `$$(X)` is an escape; a reference to nothing stays as it is, which no proxy's address survives. */
function expand(text: string, sources: Sources): string {
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (whole, name: string | undefined) => {
    if (name === undefined) return '$';
    const value = sources.values.get(name);
    if (value !== undefined) return value;
    // The kubelet also sets NAME_SERVICE_HOST and the like, for Services that existed when the pod started.
    return sources.fromSecrets || /_(SERVICE_|PORT)/.test(name) ? UNKNOWN_PART : whole;
  });
}

/** null: a field that is not read here. */
function fieldOf(pod: JsonRecord, path: string): string | null {
  const metadata = asRecord(pod.metadata);
  const status = asRecord(pod.status);
  const spec = asRecord(pod.spec);
  const fields: Readonly<Record<string, unknown>> = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace,
    'status.podIP': status.podIP,
    'status.hostIP': status.hostIP,
    'spec.nodeName': spec.nodeName,
    'spec.serviceAccountName': spec.serviceAccountName,
  };
  const value = fields[path];
  return typeof value === 'string' ? value : null;
}
