/**
 * Layers beside the policies: an egress firewall, a mesh. What they deny no policy can allow, so each is opened by a change
 * of its own, before a policy is drafted for what is still denied.
 */
import type { KubernetesObject } from '../evidence.ts';
import { readRuleBook } from '../policy/rule-book.ts';
import { withManifests } from './fix-changed.ts';
import { EGRESS_FIREWALL_CHANGE } from './fix-egress-firewall.ts';
import type { LayerFix, Manifest, Situation } from './fix-kind.ts';
import { layerOf } from './fix-layer-rules.ts';
import { SERVICE_ENTRY } from './fix-mesh.ts';
import { needsOf, predictionsOf } from './fix-needs.ts';

/** A new layer is one file and one line. */
const LAYERS: readonly LayerFix[] = [EGRESS_FIREWALL_CHANGE, SERVICE_ENTRY];

/** What opens the layers that deny; nothing denies there: no manifests, and the situation as it was. */
export type Opened =
  | {
      readonly kind: 'opened';
      readonly manifests: readonly Manifest[];
      readonly how: readonly string[];
      /** As it is with the manifests applied: what is denied still, and by whom. */
      readonly situation: Situation;
    }
  | { readonly kind: 'stuck'; readonly why: string };

/** Opens every layer that denies one of the asked flows. */
export function openLayers(situation: Situation): Opened {
  let opened: Extract<Opened, { kind: 'opened' }> = { kind: 'opened', manifests: [], how: [], situation };
  for (const { layer, draft } of LAYERS) {
    const within = inLayer(opened.situation, layer);
    if (within === null) continue;
    const drafted = draft(within);
    if (drafted.kind !== 'draft') return { kind: 'stuck', why: drafted.why };
    opened = {
      kind: 'opened',
      manifests: [...opened.manifests, ...drafted.manifests],
      how: [...opened.how, drafted.how],
      situation: applied(opened.situation, drafted.manifests),
    };
  }
  return opened;
}

/** The situation with one layer's rules alone; null: that layer denies nothing of it. */
function inLayer(situation: Situation, layer: LayerFix['layer']): Situation | null {
  const book = layerOf(situation.book, layer);
  const { asked, cluster, target } = situation;
  const needs = needsOf(asked, book, cluster, target);
  if (needs.length === 0) return null;
  return { ...situation, book, needs, deniedBy: deniersOf({ asked, book, cluster, target }) };
}

function deniersOf({ asked, book, cluster, target }: Pick<Situation, 'asked' | 'book' | 'cluster' | 'target'>) {
  const denied = predictionsOf(asked, book, cluster, target).filter(flow => flow.decision === 'deny');
  return [...new Set(denied.flatMap(flow => flow.by))];
}

function applied(situation: Situation, manifests: readonly Manifest[]): Situation {
  const { asked, cluster, target, apis } = situation;
  // Every manifest has an apiVersion, a kind and metadata, which its type does not tell.
  const objects = withManifests(situation.objects, manifests) as readonly KubernetesObject[];
  const book = readRuleBook(objects, { engine: situation.book.engine, apis });
  const needs = needsOf(asked, book, cluster, target);
  return { ...situation, objects, book, needs, deniedBy: deniersOf({ asked, book, cluster, target }) };
}
