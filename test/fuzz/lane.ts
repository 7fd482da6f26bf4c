/** One lane of the trial: a world in the cluster, in which sets of policies are tried one after the other. */
import { setTimeout as wait } from 'node:timers/promises';
import { type Connection, connect } from '../../src/cluster/connect.ts';
import type { Engine } from '../../src/model.ts';
import { core } from '../cluster/cluster.ts';
import { createObject, deleteObject } from './cluster-objects.ts';
import { type Disagreement, disagreements, type Predicted, predictAll } from './compare.ts';
import { type Addresses, type FuzzFlow, flowsOf, flowText } from './flows.ts';
import { policySet } from './policy-sets.ts';
import { type Measured, measureOnce } from './probe.ts';
import { awaitSentinel, isolation, kindsOf, opening } from './sentinel.ts';
import { ACTORS, type FarName, farNames, nameManifests, SENTINEL, SERVICE, type World } from './world.ts';

/** What is needed to try sets in one world. */
export type Lane = {
  readonly world: World;
  readonly connection: Connection;
  readonly engine: Engine;
  readonly addresses: Addresses;
  readonly flows: readonly FuzzFlow[];
  /** Makes names of this run differ from those of the run before, whose addresses the agent still knows. */
  readonly run: string;
};

/** What came of one set. */
export type Trial = {
  readonly seed: number;
  readonly policies: readonly object[];
  readonly flows: number;
  readonly denied: number;
  readonly unknown: readonly string[];
  readonly disagreements: readonly Disagreement[];
  readonly ms: number;
};

/** Seconds that a connection may take at first, and once it seems to differ from the prediction. */
const LIMIT_SECONDS = 1;
const PATIENT_SECONDS = 3;
/** Milliseconds before a disagreement is measured anew. */
const PAUSES_MS = [1_500, 5_000, 15_000];
const MOST_ROUNDS = 6;

/** Opens a lane in a world whose pods run. */
export async function openLane(world: World, engine: Engine, run: string): Promise<Lane> {
  const connection = await connect({ context: null, asBot: false });
  await clearLeftovers(connection, world);
  const addresses = await readAddresses(world);
  await createObject(connection.reader, isolation(world));
  return { world, connection, engine, addresses, flows: flowsOf(world, addresses), run };
}

/** A run that was ended leaves its cluster-scoped policies behind; all else goes with its namespaces. */
async function clearLeftovers({ reader }: Connection, world: World): Promise<void> {
  const [apiVersion, kind] = ['cilium.io/v2', 'CiliumClusterwideNetworkPolicy'];
  const answer = await reader.send({
    method: 'GET',
    path: `/apis/${apiVersion}/${kind.toLowerCase().replace(/y$/, 'ies')}`,
  });
  if (answer.kind !== 'ok') return;
  const { items } = answer.body as { readonly items: readonly { readonly metadata: { readonly name: string } }[] };
  for (const { metadata } of items)
    if (metadata.name.startsWith(`${world.aside}-`)) await deleteObject(reader, { apiVersion, kind, metadata });
}

async function readAddresses(world: World): Promise<Addresses> {
  const pods = new Map<string, string>();
  let node = '';
  for (const namespace of Object.values(world)) {
    const { items } = await core.listNamespacedPod({ namespace });
    for (const { metadata, status } of items) {
      pods.set(`${namespace}/${metadata?.name}`, status?.podIP ?? '');
      node = status?.hostIP ?? node;
    }
  }
  for (const actor of [...ACTORS, SENTINEL])
    if (!pods.get(`${world[actor.ns]}/${actor.name}`)) throw new Error(`pod ${actor.name} has no address`);
  return {
    pods,
    node,
    dns: await clusterAddress('kube-system', 'kube-dns'),
    api: await clusterAddress('default', 'kubernetes'),
    service: await clusterAddress(world[SERVICE.ns], SERVICE.name),
  };
}

async function clusterAddress(namespace: string, name: string): Promise<string> {
  const { spec } = await core.readNamespacedService({ namespace, name });
  return spec?.clusterIP ?? '';
}

/** Applies the policies of one seed, predicts and measures every flow, and takes the policies away again. */
export async function tryPolicySet(lane: Lane, seed: number): Promise<Trial> {
  const { world, connection, flows } = lane;
  const startedMs = performance.now();
  const client = connection.reader;
  const names = farNames(world, lane.run, seed);
  const policies = policySet(seed, { world, names, engine: lane.engine.name });
  const kinds = kindsOf(policies);
  const openings = kinds.map(kind => opening(world, kind));
  const objects = [...names.flatMap(name => nameManifests(world, name)), ...policies, ...openings];
  try {
    for (const object of objects) await createObject(client, object);
    await awaitSentinel(client, world, 'open', kinds);
    const { found, predicted } = await compareUntilSure(lane, names);
    const unknown = predicted.flatMap(({ decision, explanation }) =>
      decision === 'unknown' ? [explanation[0] ?? ''] : [],
    );
    return {
      seed,
      policies,
      flows: flows.length,
      denied: predicted.filter(({ decision }) => decision === 'deny').length,
      unknown,
      disagreements: found,
      ms: performance.now() - startedMs,
    };
  } finally {
    for (const object of objects) await deleteObject(client, object);
    await awaitSentinel(client, world, 'closed', kinds);
  }
}

/** What does not get through although no policy is there: far ends that are dead would look like denials. */
export async function deadFlows(lane: Lane): Promise<readonly string[]> {
  const measured = await measureUntilStable(lane, [], PATIENT_SECONDS);
  return lane.flows.flatMap((flow, index) =>
    measured[index] === 'allow' ? [] : [`${flowText(flow)}: ${measured[index]}`],
  );
}

type Comparison = { readonly found: readonly Disagreement[]; readonly predicted: readonly Predicted[] };

/**
 * A disagreement counts when it is still there after a while, with more time for each connection and the cluster read anew.
 * The set is not applied a second time: what came and went so was no slow agent but a selector that Cilium reads one way
 * or the other.
 */
async function compareUntilSure(lane: Lane, names: readonly FarName[]): Promise<Comparison> {
  let comparison = await compareOnce(lane, names, LIMIT_SECONDS);
  for (const pauseMs of PAUSES_MS) {
    if (comparison.found.length === 0) break;
    await wait(pauseMs);
    comparison = await compareOnce(lane, names, PATIENT_SECONDS);
  }
  return comparison;
}

async function compareOnce(lane: Lane, names: readonly FarName[], limitSeconds: number): Promise<Comparison> {
  const [predicted, measured] = await Promise.all([
    predictAll(lane.connection, lane.engine, lane.flows, names),
    measureUntilStable(lane, names, limitSeconds),
  ]);
  return { predicted, found: disagreements(lane.flows, predicted, measured) };
}

/** Two rounds, one after the other, that tell the same; what never settles is told as it was. */
async function measureUntilStable(
  lane: Lane,
  names: readonly FarName[],
  limitSeconds: number,
): Promise<readonly Measured[]> {
  const round = (): Promise<readonly Measured[]> =>
    measureOnce(lane.connection.reader, lane.world, lane.flows, names, { dns: lane.addresses.dns, limitSeconds });
  let before = await round();
  for (let rounds = 2; rounds <= MOST_ROUNDS; rounds += 1) {
    const after = await round();
    if (after.every((result, index) => result === before[index])) return after;
    before = after;
  }
  return before;
}

/** Takes the lane's connection down; its namespaces are the suite's. */
export function closeLane(lane: Lane): Promise<void> {
  return lane.connection.close();
}
