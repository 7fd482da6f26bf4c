/** One benchmark, as a module of this folder exports it under the name `bench`. `run.ts` finds and runs them all. */
export type Bench = {
  /** What is measured, in a few words. */
  readonly title: string;
  /** `cluster`: KUBECONFIG must name one. */
  readonly needs: 'nothing' | 'cluster';
  readonly run: () => Promise<readonly Measurement[]>;
};

/** One number and what it must not exceed. */
export type Measurement = {
  readonly name: string;
  /** null: not measured; `note` says why. With a bound, that is a failure. */
  readonly value: number | null;
  readonly unit: 'ms' | 'MB' | 'times';
  /** In the same unit; null: reported only. */
  readonly bound: number | null;
  /** Where the bound comes from, or how it was measured. */
  readonly note: string;
};
