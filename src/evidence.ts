/**
 * Everything that was looked at for one question, before anything is concluded: what `capture` writes and `replay` reads.
 * `diagnose/conclude.ts` turns it into a Diagnosis without clock or network, so a bundle gives the same answer for ever.
 */
import type { Engine, PodMethod, Question, Target, Vantage } from './model.ts';

/** A Kubernetes object, cut down at collection to the fields that are used; never a Secret, never an environment value. */
export type KubernetesObject = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
};

/** One policy API found by discovery (or known and not served), and what listing it gave. */
export type ApiListing = {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly result:
    | { readonly kind: 'listed'; readonly objects: number }
    /** RBAC refuses; `remedy` is the line to add to the reader's role. */
    | { readonly kind: 'forbidden'; readonly remedy: string }
    | { readonly kind: 'failed'; readonly why: string };
};

/** What was read from the API server. */
export type Collected = {
  readonly objects: readonly KubernetesObject[];
  readonly apis: readonly ApiListing[];
  /** Found from DaemonSets, ConfigMaps and CRDs, or given. */
  readonly engine: Engine;
  /** Core lists that were refused or failed, e.g. `pods`: what cannot be known without them. */
  readonly missing: readonly { readonly what: string; readonly why: string }[];
  readonly serverVersion: string | null;
};

/** A proxy that the destination would be reached through. */
export type ProxyHost = {
  readonly scheme: 'http' | 'https' | 'socks5';
  readonly host: string;
  readonly port: number;
};

/** One thing to try. `id` is unique within a transcript and comes back in every line of its result. */
export type ProbeJob =
  /** Resolve a name through the pod's own resolver and search path, one record family over one transport. */
  | {
      readonly id: string;
      readonly kind: 'dns';
      readonly name: string;
      readonly transport: 'UDP' | 'TCP';
      readonly record: 'A' | 'AAAA';
    }
  /** A TCP handshake and nothing more. */
  | {
      readonly id: string;
      readonly kind: 'tcp';
      readonly layer: 'cluster' | 'tcp';
      readonly via: 'direct' | 'proxy';
      readonly address: string;
      readonly port: number;
    }
  /** A datagram, and whatever comes back. */
  | { readonly id: string; readonly kind: 'udp'; readonly address: string; readonly port: number }
  /** tcp, tls and http in one connection (`http`: without tls); all three share one time-out. */
  | {
      readonly id: string;
      readonly kind: 'https' | 'http';
      readonly address: string;
      readonly port: number;
      readonly host: string;
      readonly path: string;
    }
  /** The same through a proxy at one of its addresses: CONNECT for https, an absolute URL for http. */
  | {
      readonly id: string;
      readonly kind: 'proxy';
      readonly application: 'https' | 'http';
      readonly proxy: ProxyHost;
      readonly proxyAddress: string;
      readonly host: string;
      readonly port: number;
      readonly path: string;
    };

/** The raw output of one probe process: what `probe/read.ts` turns into observations. */
export type ProbeTranscript = {
  readonly vantage: Vantage;
  readonly method: PodMethod | null;
  /** The sibling replica it ran in, or null for the target's own. */
  readonly sibling: string | null;
  /** `pod/container` it ran in. */
  readonly ranIn: string | null;
  /** Lines of standard output, in order, as they came. */
  readonly lines: readonly string[];
  /** Milliseconds since the probes started at which each line arrived. */
  readonly lineTimesMs: readonly number[];
  /** Why there are no (more) lines: null when the process ended by itself. */
  readonly ended: string | null;
  readonly startupMs: number;
  /** What was planned for it in both phases, in order; absent: nothing was. */
  readonly jobs?: readonly ProbeJob[];
  /** Those of them that were never sent, because their address must not be probed. */
  readonly withheld?: readonly { readonly job: string; readonly why: string }[];
  /** Pod methods that were tried before this one and did not work, in order. */
  readonly refused?: readonly { readonly method: PodMethod; readonly why: string }[];
};

/** A vantage that could not be probed. */
export type VantageNotRun = { readonly vantage: Vantage; readonly why: string };

/** What the API server said to the fix, sent as a dry run: nothing is stored. */
export type DryRun =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'skipped'; readonly why: string };

/** The bundle. */
export type Evidence = {
  readonly schema: 'egress-evidence/v1';
  /** ISO 8601. */
  readonly askedAt: string;
  readonly question: Question;
  readonly target: Target;
  readonly collected: Collected;
  readonly transcripts: readonly ProbeTranscript[];
  readonly notRun: readonly VantageNotRun[];
  /** ns/name of the control pod while it ran, as an object, so that its own flows are predicted too; null: none ran. */
  readonly controlPod: KubernetesObject | null;
  /** Policies that changed (resourceVersion) between the first and the last reading; names `Kind ns/name`. */
  readonly changedMeanwhile: readonly string[];
  readonly dryRun: DryRun;
  readonly timing: { readonly totalMs: number; readonly startupMs: number; readonly probesMs: number };
  /** Ranges that the configuration refuses to probe, CIDR. */
  readonly refuseRanges: readonly string[];
  /** The answer of `--verify` after somebody applied the fix: a later bundle of the same question. */
  readonly verify: Evidence | null;
};
