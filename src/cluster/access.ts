/** What the current identity may and may not do, right by right, and what each missing one costs the answer. */
import type { ApiClient } from './client.ts';
import type { Connection } from './connect.ts';
import { discoverKinds } from './discover.ts';
import { runLimited } from './limit.ts';
import { knownKinds, type ServedKind, selectPolicyKinds } from './policy-kinds.ts';
import { allRights, type Right } from './rights.ts';
import { type Allowed, type Asked, readOwnName, reviewSelf } from './self-review.ts';

/** One right and whether this identity has it. `not checked`: the API server did not say. */
export type RightReport = {
  readonly account: Right['account'];
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  /** Where it was asked for: a namespace, or null for the whole cluster. */
  readonly namespace: string | null;
  readonly name: string | null;
  readonly allowed: 'yes' | 'no' | 'not checked';
  /** What the API server says; empty when allowed, and when it gives no reason: no role allows it. */
  readonly why: string;
  /** Completes "without it ...". */
  readonly cost: string;
};

/** The whole answer of `egress access`. */
export type AccessReport = {
  readonly cluster: string;
  readonly server: string;
  /** Who asks, as the API server knows it; null: it does not tell. With --as-bot: the reader. */
  readonly user: string | null;
  readonly asBot: boolean;
  /** The namespace for which rights in a pod's namespace were asked. */
  readonly namespace: string;
  readonly rights: readonly RightReport[];
  /** Policy APIs of this cluster that are in no table, and so in no role: their lists are asked for all the same. */
  readonly unlistedKinds: readonly string[];
};

/** As many at once as a collection sends. */
const PARALLEL = 12;

/** Asks for every right that this cluster needs: those on kinds that it does not serve are left out. */
export async function checkAccess(connection: Connection, namespace: string): Promise<AccessReport> {
  const [user, discovered] = await Promise.all([readOwnName(connection.reader), discoverKinds(connection.reader)]);
  const strangers = selectPolicyKinds(discovered.kinds).filter(kind => !isTabled(kind));
  const wanted = [...allRights().filter(right => isServed(right, discovered.kinds)), ...strangers.map(rightOfStranger)]
    // With --as-bot the bot's own rights have been used already: there are tokens.
    .filter(right => !(connection.asBot && right.account === 'bot'));
  const rights = await runLimited(
    PARALLEL,
    wanted.map(
      right => () =>
        checkRight(clientFor(connection, right), right, { target: namespace, bot: connection.botNamespace }),
    ),
  );
  return {
    cluster: connection.clusterName,
    server: connection.serverUrl,
    user,
    asBot: connection.asBot,
    namespace,
    rights,
    unlistedKinds: strangers.map(kind => `${kind.kind}.${kind.group}`),
  };
}

function clientFor(connection: Connection, right: Right): ApiClient {
  if (right.account === 'prober') return connection.prober;
  return right.account === 'dry-run' ? connection.dryRunner : connection.reader;
}

async function checkRight(client: ApiClient, right: Right, namespaces: Namespaces): Promise<RightReport> {
  const asked = askedOf(right, namespaces);
  const answer: Allowed = await reviewSelf(client, asked);
  return {
    account: right.account,
    ...asked,
    allowed: answer.allowed,
    why: answer.allowed === 'yes' ? '' : answer.why,
    cost: right.cost,
  };
}

type Namespaces = { readonly target: string; readonly bot: string };

function askedOf(right: Right, namespaces: Namespaces): Asked {
  const { verb, group, resource, scope } = right;
  switch (scope.kind) {
    case 'cluster':
      return { verb, group, resource, namespace: null, name: null };
    case 'bot-namespace':
      return { verb, group, resource, namespace: namespaces.bot, name: null };
    case 'target-namespace':
      return { verb, group, resource, namespace: namespaces.target, name: null };
    case 'account':
      return { verb, group, resource, namespace: namespaces.bot, name: scope.name };
    case 'object':
      return { verb, group, resource, namespace: scope.namespace, name: scope.name };
    default:
      return scope satisfies never;
  }
}

/** Groups that every cluster has are not asked about. */
function isServed(right: Right, served: readonly ServedKind[]): boolean {
  if (right.onlyWith !== undefined && !served.some(kind => kind.group === right.onlyWith)) return false;
  const isOptional = knownKinds().some(
    known => right.group.endsWith(known.group) && known.group !== 'networking.k8s.io',
  );
  if (!isOptional) return true;
  return served.some(kind => kind.group === right.group && kind.plural === right.resource.replace(/^tier\./, ''));
}

function isTabled(kind: ServedKind): boolean {
  return allRights().some(right => right.group === kind.group && right.resource === kind.plural);
}

function rightOfStranger(kind: ServedKind): Right {
  const cost = `${kind.kind} (${kind.group}) cannot even be counted, and where it could decide the answer is unknown`;
  return {
    account: 'reader',
    verb: 'list',
    group: kind.group,
    resource: kind.plural,
    scope: { kind: 'cluster' },
    cost,
  };
}
