/** The form of the recorded outputs in `recorded/`. */
import type { ProbeJob } from '../../src/probe/plan.ts';

export type Recording = {
  readonly toolset: string;
  readonly shell: string;
  /** As the script reports them. */
  readonly tools: readonly string[];
  readonly rows: readonly RecordedRow[];
};

export type RecordedRow = {
  readonly scenario: string;
  readonly job: ProbeJob;
  /** The commands that ran for it, argv joined by spaces, in order. */
  readonly commands: readonly string[];
  /** What they printed, decoded, for the reader of this file. */
  readonly output: readonly string[];
  /** The script's own lines, as they came. */
  readonly lines: readonly string[];
};
