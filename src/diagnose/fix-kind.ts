/** What a fix has to open, and what a kind of fix is: the registry in `fix.ts` tries kinds in order. */
import type { ApiListing, KubernetesObject } from '../evidence.ts';
import type { Destination, ResolvedHost, Target } from '../model.ts';
import type { ClusterPod, ClusterState, RuleBook } from '../policy/model.ts';
import type { AllowedPort } from './fix-networkpolicy.ts';
import type { SubjectChoice } from './fix-workload.ts';
import type { PurposedRequest } from './flows.ts';

/** One flow that the rules deny, after service translation: the fix must open it, on this side. */
export type Need = {
  readonly purpose: 'destination' | 'dns';
  readonly side: 'egress' | 'ingress';
  readonly to: NeedEnd;
  readonly port: AllowedPort;
};

/** The end that the fix must let the pod reach. */
export type NeedEnd =
  /** `service`: ns/name of the Service through which it was asked; null: none. */
  | { readonly kind: 'pod'; readonly pod: ClusterPod; readonly service: string | null }
  | { readonly kind: 'address'; readonly address: string };

/** What a kind of fix is drafted from. */
export type Situation = {
  readonly target: Target;
  /** What the pod connects to: the destination, or its proxy. */
  readonly host: ResolvedHost;
  /** The host in words: `api.stripe.com`, `proxy proxy.example`. */
  readonly hostText: string;
  readonly port: AllowedPort;
  /** What is spoken to the host; to a proxy: `none`. */
  readonly application: Destination['application'];
  readonly objects: readonly KubernetesObject[];
  readonly cluster: ClusterState;
  /** The rules as they are, before the fix. */
  readonly book: RuleBook;
  /** Deciding policies, `Kind ns/name`. */
  readonly deniedBy: readonly string[];
  /** At least one. */
  readonly needs: readonly Need[];
  /** The policy APIs that the cluster serves. */
  readonly apis: readonly ApiListing[];
  /** What is asked of the rules: to the destination or the proxy, and the lookup of the name. */
  readonly asked: readonly PurposedRequest[];
  /** The lookups of the name as they are asked, and the nameservers that they reach, denied or not. */
  readonly lookupRequests: readonly PurposedRequest[];
  readonly lookups: readonly Need[];
};

/** A Kubernetes object, ready to be applied. */
export type Manifest = Readonly<Record<string, unknown>>;

/** A fix of one kind before its proof, or why this kind does not fit. */
export type Draft =
  /** `how`: which kind this is, and why no stricter one. */
  | { readonly kind: 'draft'; readonly manifests: readonly Manifest[]; readonly how: string }
  | { readonly kind: 'not-applicable'; readonly why: string }
  /** No other kind can help either. */
  | { readonly kind: 'impossible'; readonly why: string };

/** One way to write a fix. It only drafts: whether the draft works is proved by evaluation, the same for every kind. */
export type FixKind = {
  readonly name: string;
  /** `subject` selects the workload; it is safe to isolate. */
  readonly draft: (situation: Situation, subject: SubjectChoice) => Draft;
};

/** How one layer beside the policies is opened: what it denies, no policy can allow. */
export type LayerFix = {
  readonly layer: 'egress firewall' | 'mesh';
  /** The situation's book, needs and deniers are those of this layer alone; something is denied. */
  readonly draft: (situation: Situation) => Draft;
};

/** The workload in words: `Deployment payments/billing`, or `Pod payments/billing` when nothing made it. */
export function workloadText(target: Target): string {
  const { kind, name } = target.owner ?? { kind: 'Pod', name: target.pod };
  return `${kind} ${target.namespace}/${name}`;
}

/** `443/TCP`. */
export function portText(port: AllowedPort): string {
  return `${port.port}/${port.protocol}`;
}
