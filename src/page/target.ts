/** Where answers and pages go beside Slack: one small interface, whichever tool is behind it. */
import type { TargetSettings } from '../settings/paging.ts';
import type { Incident } from './alert.ts';

/** How it ended. A rejection: not now; it may work later. */
export type Told =
  | { readonly kind: 'sent' }
  /** It will not change by trying again. `why` names no secret. */
  | { readonly kind: 'refused'; readonly why: string }
  /** The target has no place for it: an incident of another tool, a key that is not configured. */
  | { readonly kind: 'not-its' };

/** A page: somebody has to come. */
export type Page = {
  /** The same for one flow: a second page of it adds to the first. */
  readonly key: string;
  readonly summary: string;
  /** Where it is broken: `cluster/namespace/pod`. */
  readonly source: string;
  readonly details: Readonly<Record<string, string>>;
  readonly link: string | null;
  /** ISO 8601. */
  readonly at: string;
};

/** The port. Texts are cut to the tool's limits by whoever implements it. */
export type Target = {
  readonly kind: TargetSettings['kind'];
  /** Whether `trigger` reaches anybody. */
  readonly canPage: boolean;
  /** Writes into the incident that asked. */
  readonly note: (incident: Incident, text: string) => Promise<Told>;
  readonly trigger: (page: Page) => Promise<Told>;
  readonly acknowledge: (key: string) => Promise<Told>;
  readonly resolve: (key: string) => Promise<Told>;
  /** Tells of a change that was seen: a fix was applied. */
  readonly change: (change: Omit<Page, 'key'>) => Promise<Told>;
};
