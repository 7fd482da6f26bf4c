/** What the queue carries: one job is one thing to do for somebody, small, plain JSON, safe to be delivered twice. */

/** A question as somebody put it, before anything is looked up. */
export type Asked = {
  readonly pod: string;
  readonly host: string;
  /** Of `-n`; null: not said. */
  readonly namespace: string | null;
  /** A cluster of the configuration; null: the channel's default. */
  readonly cluster: string | null;
  /** False: `--no-probe`. */
  readonly probe: boolean;
};

/** Who asks, as Slack names them. `system` asks for the pager and for follow-ups. */
export type Asker =
  | { readonly kind: 'user'; readonly team: string; readonly user: string }
  | { readonly kind: 'system'; readonly name: string };

/** Slack's id of a person, or the name of what asks. */
export function askerName(asker: Asker): string {
  return asker.kind === 'user' ? asker.user : asker.name;
}

/** Where the answer goes. */
export type Place = {
  readonly channel: string;
  /** ts of the thread that asked (a mention in a thread); null: the answer opens a thread of its own. */
  readonly threadTs: string | null;
  /** Slack's response_url of a slash command or a press: 5 uses in 30 minutes; null: none. */
  readonly responseUrl: string | null;
};

/** The buttons of a card. The values are `action_id`s; a button's `value` is the id of its answer (choose: `ID NS/POD`). */
export const ACTIONS = {
  again: 'egress.again',
  applied: 'egress.applied',
  follow: 'egress.follow',
  followAndPage: 'egress.follow-and-page',
  stop: 'egress.stop',
  page: 'egress.page',
  evidence: 'egress.evidence',
  report: 'egress.report',
  choose: 'egress.choose',
} as const;
/** The name of a button, as a job has it. */
export type Action = keyof typeof ACTIONS;

/** Everything that a worker can be told to do. */
export type Job =
  /** Ask, and answer in a thread. */
  | { readonly kind: 'ask'; readonly asked: Asked; readonly asker: Asker; readonly place: Place }
  /** Somebody pressed a button of the card of `answerId`. `ts`: the card's message; `actionTs` is unique per press. */
  | {
      readonly kind: 'press';
      readonly action: Action;
      readonly value: string;
      readonly asker: Asker;
      readonly place: Place;
      readonly ts: string;
      readonly actionTs: string;
    }
  /** Show this user's App Home. */
  | { readonly kind: 'home'; readonly asker: Extract<Asker, { kind: 'user' }> }
  /** Look again at a followed flow; `look` counts from 1. */
  | { readonly kind: 'follow-up'; readonly answerId: string; readonly look: number }
  /** One alert of a pager, read from its payload (`page/alert.ts`), as plain JSON. */
  | { readonly kind: 'alert'; readonly alert: Readonly<Record<string, unknown>> }
  /** Look at a flow that `egress watch` or the configuration names. */
  | { readonly kind: 'watch'; readonly name: string };

/**
 * A job on its way. `id` is what makes two deliveries one: taken from what Slack or the pager sent (trigger_id, event_id,
 * action_ts, webhook id), so a repetition by them has the same. It is also the id of the answer that an `ask` leads to.
 */
export type Envelope = {
  readonly id: string;
  readonly job: Job;
  /** Jobs of one group are served in turn with those of others: the channel, or the source. */
  readonly group: string;
  /** ISO 8601. */
  readonly at: string;
};
