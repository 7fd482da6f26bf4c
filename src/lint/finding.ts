/** What linting gives: findings, each with its fix, and what could not be checked and why. */

/** `error`: does not do what it says. `warning`: very likely a mistake. `note`: harmless, or a matter of taste. */
export type Severity = 'error' | 'warning' | 'note';

/** Names of rules: stable and public. */
export type RuleId =
  | 'unreadable'
  | 'not-evaluated'
  | 'engine-absent'
  | 'policy-types'
  | 'deny-alone'
  | 'dns-not-allowed'
  | 'dns-udp-not-allowed'
  | 'dns-tcp-not-allowed'
  | 'selects-no-pod'
  | 'peer-selects-no-pod'
  | 'separate-selectors'
  | 'fqdn-without-dns-rule'
  | 'stale-address'
  | 'missing-address'
  | 'cluster-not-excepted'
  | 'private-not-excepted'
  | 'shadowed-rule'
  | 'duplicate-object';

/** Where something is written; `line` counts from 1, null: not known. */
export type Place = { readonly file: string; readonly line: number | null };

/** What to do about a finding: a sentence, and the YAML to write where that can be said exactly. */
export type Remedy = { readonly text: string; readonly yaml: string | null };

/** One thing that is wrong. Texts may hold words of the object: hostile until escaped. */
export type Finding = {
  readonly rule: RuleId;
  readonly severity: Severity;
  /** `Kind ns/name`; a file's path where it has no objects. */
  readonly object: string;
  /** null: read from a cluster. */
  readonly place: Place | null;
  /** One sentence: what is wrong. */
  readonly what: string;
  /** One sentence: what happens because of it. */
  readonly why: string;
  readonly fix: Remedy;
};

/** Something that a rule could not answer; never taken for a yes or a no. */
export type NotChecked = { readonly rule: RuleId; readonly object: string | null; readonly why: string };

/** What one rule has to say. */
export type RuleAnswer = { readonly findings: readonly Finding[]; readonly notChecked: readonly NotChecked[] };

/** Everything that linting some input gave. */
export type LintReport = RuleAnswer & {
  /** Policies that were looked at. */
  readonly policies: number;
  readonly files: readonly string[];
};

/** An answer of nothing, to be spread. */
export const NOTHING_FOUND: RuleAnswer = { findings: [], notChecked: [] };

/** Joins answers in their order. */
export function joinAnswers(answers: readonly RuleAnswer[]): RuleAnswer {
  return {
    findings: answers.flatMap(each => each.findings),
    notChecked: answers.flatMap(each => each.notChecked),
  };
}

/** Counts findings of one severity. */
export function countOf({ findings }: Pick<RuleAnswer, 'findings'>, severity: Severity): number {
  return findings.filter(each => each.severity === severity).length;
}
