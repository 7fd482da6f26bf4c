/** What the people of this Slack need to act. */
import type { World } from './call.ts';
import type { Delivered, Parcel } from './delivery.ts';
import type { Person } from './model.ts';

/** The world they are in, and a way to the app. */
export type PersonPorts = {
  readonly world: World;
  /** Sends a parcel to the app and waits for its acknowledgement. */
  readonly send: (parcel: Parcel) => Promise<Delivered>;
  /** Throws for an id that is nobody's: a test that is wrong. */
  readonly person: (user: string) => Person;
  readonly onRepeated: (attempt: number, delivered: Delivered) => void;
};
