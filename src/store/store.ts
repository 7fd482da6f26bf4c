/**
 * What is kept between two jobs: small JSON items under a partition and a sort key, each with a version. Two ways to keep
 * them behind one port: DynamoDB (conditional writes) and node:sqlite (transactions). Whatever is on top never knows which.
 */

/** Where an item is. `sort` orders a partition by its bytes, so times go in as ISO 8601. */
export type Key = { readonly partition: string; readonly sort: string };

/** An item as it was read. `body` is plain JSON, at most 350 kB as text (DynamoDB's limit is 400 kB with the keys). */
export type Stored<Body = unknown> = {
  readonly key: Key;
  readonly body: Body;
  /** Grows by one with each write; what a later conditional write names. */
  readonly version: number;
  /** Milliseconds since 1970 after which it counts as gone; null: never. */
  readonly expiresAtMs: number | null;
};

/** What must be true for a write: nothing is there, exactly this version is, or whatever. */
export type Expected = 'absent' | 'any' | { readonly version: number };

/** How a write ended. `conflict`: somebody else was first; nothing was written. */
export type Write = { readonly kind: 'stored'; readonly version: number } | { readonly kind: 'conflict' };

/** The port. An expired item counts as absent everywhere, whether or not it was removed yet. Rejects when it cannot be reached. */
export type Store = {
  readonly get: (key: Key) => Promise<Stored | null>;
  readonly put: (key: Key, body: unknown, options: PutOptions) => Promise<Write>;
  readonly remove: (key: Key) => Promise<void>;
  /** A partition's items in the order of their sort keys. */
  readonly list: (partition: string, options: ListOptions) => Promise<readonly Stored[]>;
  readonly close: () => Promise<void>;
};

/** How an item is written: what must be there before, and until when it counts. */
export type PutOptions = { readonly expected: Expected; readonly expiresAtMs: number | null };

/** Which of the items of a partition, in which order, and how many at most. */
export type ListOptions = {
  /** Inclusive bounds of the sort key; absent: open. */
  readonly from?: string;
  readonly to?: string;
  readonly limit: number;
  readonly order: 'ascending' | 'descending';
};
