/** The bot's configuration file (EGRESS_CONFIG, YAML): which clusters there are, who may ask what where. Default is deny. */
import type { FollowUpSettings } from './follow-up.ts';
import type { PagingSettings } from './paging.ts';
import type { WatchSettings } from './watch.ts';

/** How a cluster is reached. */
export type ClusterAccess =
  /** A context of KUBECONFIG; null: the current one. `asBot`: only with ten-minute tokens of the bot's accounts. */
  | { readonly kind: 'kubeconfig'; readonly context: string | null; readonly asBot: boolean }
  | { readonly kind: 'in-cluster' }
  /** A kubeconfig of egress-bot in AWS Secrets Manager, which rotates itself. */
  | { readonly kind: 'secret'; readonly secret: string }
  /** EKS access entries: a token signed with STS. */
  | { readonly kind: 'eks'; readonly clusterName: string; readonly region: string };

/** One cluster, by the name that people type. */
export type ClusterSettings = { readonly name: string; readonly access: ClusterAccess };

/** One channel. `cluster`, `namespaces`: what a question without them means, and what may be asked about there. */
export type ChannelSettings = {
  /** Slack's id, C... or G... */
  readonly id: string;
  readonly cluster: string;
  /** Names or patterns with `*`; the first without a star is the default. */
  readonly namespaces: readonly string[];
};

/** Who may ask about what. A question is allowed when one grant covers it. */
export type Grant = {
  readonly users: readonly string[];
  /** Ids of user groups, S... */
  readonly groups: readonly string[];
  readonly clusters: readonly string[];
  readonly namespaces: readonly string[];
  /** False: predictions only. */
  readonly probe: boolean;
};

/** The whole file, with its defaults filled in. */
export type Settings = {
  readonly clusters: readonly ClusterSettings[];
  readonly channels: readonly ChannelSettings[];
  readonly grants: readonly Grant[];
  /** Slack workspaces (T...) that may ask at all; empty: the one that the bot token is of. */
  readonly teams: readonly string[];
  /** Ask the cluster itself, by SubjectAccessReview, whether the asking person may get pods there. null: not asked. */
  readonly subjectAccessReview: { readonly usernameTemplate: string } | null;
  /** Absent: `USUAL_FOLLOW_UP`. */
  readonly followUp?: FollowUpSettings | undefined;
  /** Absent: no pager. */
  readonly paging?: PagingSettings | undefined;
  /** Absent: nothing is watched. */
  readonly watch?: readonly WatchSettings[] | undefined;
};
