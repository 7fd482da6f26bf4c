/** How many mutants the tests noticed. */

/** `tested`: mutants that count; `survived` are those of them that no test noticed; `score` is in per cent, 100 where none count. */
export type Score = { readonly tested: number; readonly survived: number; readonly score: number };

/** Statuses, in Stryker's words, of a mutant that was noticed, and of one that was not. Any other was not tried. */
const NOTICED: ReadonlySet<string> = new Set(['Killed', 'Timeout']);
const UNNOTICED: ReadonlySet<string> = new Set(['Survived', 'NoCoverage']);

/** Whether no test noticed a mutant. */
export function isUnnoticed({ status }: { readonly status: string }): boolean {
  return UNNOTICED.has(status);
}

/** Counts mutants by what became of them. */
export function scoreOf(mutants: readonly { readonly status: string }[]): Score {
  const survived = mutants.filter(isUnnoticed).length;
  const tested = survived + mutants.filter(({ status }) => NOTICED.has(status)).length;
  return { tested, survived, score: tested === 0 ? 100 : Math.round((1000 * (tested - survived)) / tested) / 10 };
}
