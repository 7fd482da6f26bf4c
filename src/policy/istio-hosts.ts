/** What a Sidecar imports, and what others export: `NAMESPACE/HOST` and `exportTo`. */
import type { Match } from './model.ts';

/** One entry of a Sidecar's egress hosts. `where` says why it is not certain what the entry covers; null: it is. */
export type ImportedHost = { readonly namespace: string; readonly host: string; readonly open: string | null };

/**
 * Whether a proxy in `own` knows a host that is declared in `declaredIn`: its Sidecar imports it (null: everything is
 * imported). `prod/api.example.com` imports that host of namespace prod; namespace `.` is the proxy's own, `*` any, `~` none, and
 * host `*` any. https://istio.io/latest/docs/reference/config/networking/sidecar/#IstioEgressListener
 */
export function isImported(
  hosts: readonly ImportedHost[] | null,
  asked: { readonly host: string; readonly declaredIn: string; readonly own: string },
): Match {
  if (hosts === null) return { match: 'yes', why: 'the proxy knows every exported host' };
  const { host, declaredIn, own } = asked;
  const fitting = hosts.filter(
    each =>
      (each.namespace === '*' || each.namespace === declaredIn || (each.namespace === '.' && declaredIn === own)) &&
      coversHost(each.host, host),
  );
  const [first] = fitting;
  if (first === undefined) return { match: 'no', why: `the Sidecar does not import ${declaredIn}/${host}` };
  const certain = fitting.find(each => each.open === null);
  if (certain === undefined) return { match: 'unknown', why: first.open ?? '' };
  return { match: 'yes', why: `the Sidecar imports ${certain.namespace}/${certain.host}` };
}

/** Whether something that `declaredIn` exports is seen in `own`: `.` its own namespace, `*` everywhere, `~` nowhere. */
export function isExported(exportTo: readonly string[], declaredIn: string, own: string): boolean {
  return exportTo.some(each => each === '*' || each === own || (each === '.' && declaredIn === own));
}

/** `*.bar.com` covers `a.b.bar.com` and `*.a.bar.com`, never `bar.com`; `*` covers everything. */
function coversHost(pattern: string, host: string): boolean {
  const wanted = pattern.toLowerCase();
  if (wanted === '*') return true;
  return wanted.startsWith('*') ? host.length > wanted.length - 1 && host.endsWith(wanted.slice(1)) : wanted === host;
}
