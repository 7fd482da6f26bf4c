/** The part of the configuration about flows that are looked at by themselves, before anybody is paged for them. */

/** One flow, and who is told when it breaks. */
export type WatchSettings = {
  /** What people call it; messages and the audit log name it. */
  readonly name: string;
  readonly cluster: string;
  readonly namespace: string;
  /** As in a question: a pod, `deploy/NAME`, labels. */
  readonly pod: string;
  readonly host: string;
  /** Minutes between two looks. */
  readonly everyMinutes: number;
  /** Slack's id of the channel that is told. */
  readonly channel: string;
};
