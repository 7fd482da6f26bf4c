/** Begins early what needs the target's node alone: the control and the node pod, while the rest is still being read. */
import { randomInt } from 'node:crypto';
import type { Vantage } from '../model.ts';
import type { Cleanup } from './cleanup.ts';
import type { ApiClient } from './client.ts';
import { holdRun, thisHolder } from './holder.ts';
import { asList, asRecord, textOf } from './json.ts';
import { listAll } from './list.ts';
import { type SiteSetup, type SiteStart, startBeside } from './probe-sites.ts';

/** Who reads, who probes, and where pods of ours go. */
export type ObserveConnection = {
  readonly reader: ApiClient;
  readonly prober: ApiClient;
  /** The bot's own namespace. */
  readonly namespace: string;
};

/** What the installation sets. */
export type ObserveSettings = {
  readonly image: string;
  /** CIDR ranges that the configuration refuses to probe. */
  readonly refuseRanges: readonly string[];
  /** Whether this host may be a vantage at all: a Lambda in a VPC is no "outside". */
  readonly outside: boolean;
  /** Milliseconds that pods may take until they run, an image to be pulled included. */
  readonly startupLimitMs: number;
};

/** A minute: the probe image has some hundred megabytes, when the node has not run it before. */
export const STARTUP_LIMIT_MS = 60_000;

/** The part of a question that is known first. */
export type PrepareRequest = {
  /** The target's; null: it is on none, so nothing is begun. */
  readonly node: string | null;
  readonly vantages: readonly Vantage[];
  readonly timeoutMs: number;
};

/** Address and port of the kubernetes.default Service. */
export type ClusterAddress = { readonly address: string; readonly port: number };

/** What has begun. The promises never reject. */
export type Preparation = {
  readonly setup: SiteSetup;
  readonly control: Promise<SiteStart> | null;
  readonly node: Promise<SiteStart> | null;
  /** Of kubernetes.default; null: may not be read. */
  readonly clusterAddress: Promise<ClusterAddress | null>;
  /** `performance.now()` at the beginning. */
  readonly startedMs: number;
};

/** Seconds beside start-up and probes: reading the target, and a slow API server. */
const MARGIN_SECONDS = 30;

/** Begins. Every pod is registered with `cleanup`, so a preparation that nobody observes from leaves nothing either. */
export function prepare(
  connection: ObserveConnection,
  settings: ObserveSettings,
  cleanup: Cleanup,
  request: PrepareRequest,
): Preparation {
  const { reader, prober, namespace } = connection;
  const { image, startupLimitMs } = settings;
  const id = randomId();
  const release = holdRun(id);
  if (!cleanup.add(async () => release())) release();
  const lifetimeSeconds = Math.ceil((startupLimitMs + 2 * request.timeoutMs) / 1000) + MARGIN_SECONDS;
  const deadline = new Date(Date.now() + (lifetimeSeconds + MARGIN_SECONDS) * 1000).toISOString();
  const run = { id, holder: thisHolder(), deadline };
  const setup = { prober, namespace, image, run, cleanup, startupLimitMs, lifetimeSeconds };
  const beside = (vantage: 'control' | 'node'): Promise<SiteStart> | null =>
    request.node !== null && request.vantages.includes(vantage) ? startBeside(setup, vantage, request.node) : null;
  return {
    setup,
    control: beside('control'),
    node: beside('node'),
    clusterAddress: readClusterAddress(reader),
    startedMs: performance.now(),
  };
}

async function readClusterAddress(reader: ApiClient): Promise<ClusterAddress | null> {
  // By list, which the reader may anyway: a get would be a right of its own.
  const type = { group: '', version: 'v1', plural: 'services' };
  const answer = await listAll(reader, { type, namespace: 'default', fieldSelector: 'metadata.name=kubernetes' });
  if (answer.kind !== 'listed') return null;
  const spec = asRecord(answer.items[0]?.spec);
  const port = asList(spec.ports).map(each => asRecord(each).port)[0];
  const address = textOf(spec.clusterIP);
  return address === '' || typeof port !== 'number' ? null : { address, port };
}

const ID_LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** Ten letters and digits: part of names of pods, so lower case alone. */
function randomId(): string {
  return Array.from({ length: 10 }, () => ID_LETTERS[randomInt(ID_LETTERS.length)]).join('');
}
