/** What is known of an incident afterwards: facts with their times, in no promised order. Every text is hostile until escaped. */
import type { Diagnosis } from '../../model.ts';
import type { Action, Asker } from '../../queue/job.ts';

/** One incident, as far as it was kept. */
export type Story = {
  /** As it was asked for: an incident's name, an answer's id, a link. */
  readonly incident: string;
  readonly facts: readonly StoryFact[];
};

/** One fact. `at` and every other time: ISO 8601. */
export type StoryFact = { readonly at: string } & (
  | {
      readonly kind: 'alert';
      readonly source: string;
      readonly key: string;
      readonly title: string;
      readonly startedAt: string | null;
    }
  | {
      readonly kind: 'asked';
      readonly by: Asker;
      readonly answerId: string;
      readonly pod: string;
      readonly host: string;
      readonly cluster: string | null;
      readonly channel: string;
    }
  /** A look at the cluster, and the answer from it. `isShared`: it was somebody else's look, less than a minute before. */
  | { readonly kind: 'looked'; readonly diagnosis: Diagnosis; readonly isShared: boolean }
  | {
      readonly kind: 'no-answer';
      readonly how: 'refused' | 'failed' | 'undeliverable' | 'not-kept';
      readonly why: string;
    }
  | { readonly kind: 'pressed'; readonly by: Asker; readonly action: Action }
  | {
      readonly kind: 'noted';
      readonly target: string;
      readonly incident: string;
      readonly about: string;
      /** null: it was written; else why it was refused. */
      readonly refusedBecause: string | null;
    }
  | { readonly kind: 'paged'; readonly by: Asker }
  | { readonly kind: 'page-ended'; readonly how: 'acknowledged' | 'resolved' }
  | { readonly kind: 'follow-began'; readonly by: Asker; readonly until: string; readonly pages: boolean }
  | {
      readonly kind: 'follow-looked';
      readonly look: number;
      readonly result: 'good' | 'blocked' | 'unknown';
      /** null: the look failed. */
      readonly verdict: string | null;
      readonly policies: readonly string[];
      readonly changed: string | null;
    }
  /** The proposed fix was seen in the cluster. `by`: its field managers; null: not told. */
  | {
      readonly kind: 'fix-seen';
      readonly objects: readonly string[];
      readonly by: string | null;
      readonly changedAt: string | null;
    }
  | {
      readonly kind: 'follow-ended';
      readonly how: 'recovered' | 'ran-out' | 'stopped' | 'pod-gone' | 'resolved-elsewhere';
      readonly by: Asker | null;
      readonly why: string | null;
    }
  | { readonly kind: 'watch-recovered'; readonly name: string; readonly since: string }
  | { readonly kind: 'resolved'; readonly source: string; readonly incident: string }
);

/** The fact of one kind. */
export type FactOf<Kind extends StoryFact['kind']> = Extract<StoryFact, { kind: Kind }>;
