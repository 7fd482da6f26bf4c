/** The part of the configuration about following a flow until it recovers. */

/** When a followed flow is looked at, for how long, and whether somebody is paged in the end. */
export type FollowUpSettings = {
  /** Minutes before each look; the last one stays until the end. Each is at most 15: no queue delays a job for longer. */
  readonly minutes: readonly number[];
  /** After so many hours a follow-up ends, however it stands. */
  readonly hours: number;
  /** Page when it runs out, also where nobody asked for that. */
  readonly page: boolean;
};

/** What holds where the configuration says nothing. */
export const USUAL_FOLLOW_UP: FollowUpSettings = { minutes: [1, 2, 5, 10, 15], hours: 2, page: false };
