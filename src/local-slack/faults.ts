/** Trouble on demand: what a test tells this Slack to do instead of, or besides, answering. */

/** What happens to a call. `drop` after: the call was done, and its answer is lost with the connection. */
export type FaultEffect =
  | { readonly kind: 'rate-limited'; readonly retryAfterSeconds: number }
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'drop'; readonly when: 'before' | 'after' }
  | { readonly kind: 'error'; readonly error: string }
  | { readonly kind: 'wait'; readonly milliseconds: number };

/** Which calls: a method's name, `response_url`, `upload`, or `*`; and how many of them, or as long as it is not removed. */
export type FaultRule = {
  readonly method: string;
  readonly times: number | 'always';
  readonly effect: FaultEffect;
  /** Asked for every call that the rule is about; absent: always. */
  readonly when?: () => boolean;
};

/** What a test may break. */
export type Faults = {
  /** Adds a rule and gives the function that removes it. The first rule that applies to a call has it. */
  readonly add: (rule: FaultRule) => () => void;
  /** Everything is answered with this status until the function that it returns is called. */
  readonly down: (status?: number) => () => void;
  readonly clear: () => void;
};

/** The rules, and what they say about one call. */
export function createFaults(): { readonly faults: Faults; readonly effectOn: (method: string) => FaultEffect | null } {
  const rules: { readonly rule: FaultRule; left: number }[] = [];
  const add = (rule: FaultRule) => {
    const entry = { rule, left: rule.times === 'always' ? Number.POSITIVE_INFINITY : rule.times };
    rules.push(entry);
    return () => {
      entry.left = 0;
    };
  };
  return {
    faults: {
      add,
      down: (status = 503) => add({ method: '*', times: 'always', effect: { kind: 'status', status } }),
      clear: () => void rules.splice(0),
    },
    effectOn: method => {
      const found = rules.find(({ rule, left }) => left > 0 && isAbout(rule, method) && (rule.when?.() ?? true));
      if (found === undefined) return null;
      found.left -= 1;
      return found.rule.effect;
    },
  };
}

function isAbout(rule: FaultRule, method: string): boolean {
  return rule.method === '*' || rule.method === method;
}
