/** The part of the configuration about pagers: who may send alerts, which of them are questions, where answers go. */

/** Where alerts come from. */
export type PageSource = 'pagerduty' | 'alertmanager' | 'grafana' | 'sns';

/** How a webhook says who it is. Names of environment variables; several while a secret is changed. */
export type HttpAuth =
  | { readonly kind: 'bearer'; readonly tokens: readonly string[] }
  | { readonly kind: 'basic'; readonly user: string; readonly passwords: readonly string[] };

/** Who may send; a source that is left out is refused. */
export type PageSources = {
  /** Environment variables with the signing secrets of the webhook subscriptions. */
  readonly pagerduty?: { readonly secrets: readonly string[] } | undefined;
  readonly alertmanager?: HttpAuth | undefined;
  readonly grafana?: HttpAuth | undefined;
  /** ARNs of the topics. */
  readonly sns?: { readonly topics: readonly string[] } | undefined;
};

/** Which alerts a rule is for: all that is said must hold. Patterns with `*`. */
export type RuleCondition = {
  /** Empty: of any source. */
  readonly sources: readonly PageSource[];
  /** null: of any service, or of none. */
  readonly service: string | null;
  readonly labels: Readonly<Record<string, string>>;
  /** Of title or text; null: any. */
  readonly text: string | null;
};

/**
 * One rule: alerts that are egress questions, and how the question is found. The lists are templates; the first one whose
 * places are all known counts (`page/template.ts`).
 */
export type PageRule = {
  readonly name: string;
  readonly when: RuleCondition;
  /** Patterns over title and text whose finds are `{text.pod}`, `{text.host}`, ... in the templates. */
  readonly find: readonly string[];
  readonly pod: readonly string[];
  readonly host: readonly string[];
  readonly namespace: readonly string[];
  readonly cluster: readonly string[];
  readonly channel: readonly string[];
};

/** Where answers, pages and changes go beside Slack. Secrets are names of environment variables. */
export type TargetSettings =
  | {
      readonly kind: 'pagerduty';
      /** REST API key, for notes, and the address of a user, which their API wants to know as the writer. */
      readonly notes: { readonly token: string; readonly from: string } | null;
      /** Integration key of a service (Events v2), for pages and changes. */
      readonly routingKey: string | null;
      readonly apiUrl: string;
      readonly eventsUrl: string;
    }
  | { readonly kind: 'opsgenie'; readonly apiKey: string; readonly apiUrl: string }
  | { readonly kind: 'webhook'; readonly url: string; readonly secret: string };

/** The whole part. */
export type PagingSettings = {
  readonly sources: PageSources;
  /** Where answers go when no rule finds another channel. */
  readonly channel: string;
  /** Alerts about one cause within so many seconds get one answer. */
  readonly windowSeconds: number;
  /** Whether a flow that an alert asks about is followed by itself until it recovers. */
  readonly follow: boolean;
  /** What becomes of alerts that no rule is for: noted in the audit log, or answered in their incident with the reason. */
  readonly others: 'log' | 'answer';
  readonly rules: readonly PageRule[];
  readonly targets: readonly TargetSettings[];
};
