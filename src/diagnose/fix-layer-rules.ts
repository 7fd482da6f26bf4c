/** What one layer beside the policies says by itself, now and with a change applied. */
import type { RuleBook } from '../policy/model.ts';
import { readRuleBook } from '../policy/rule-book.ts';
import { withManifests } from './fix-changed.ts';
import type { LayerFix, Manifest, Situation } from './fix-kind.ts';
import { predictionsOf } from './fix-needs.ts';

/** The rules of one layer, as if there were no other. */
export function layerOf(book: RuleBook, layer: LayerFix['layer']): RuleBook {
  const { rehearsal: _, ...rest } = book;
  return { ...rest, layers: book.layers.filter(({ name }) => name === layer), blindSpots: [] };
}

/** Reports whether one layer would let every asked flow pass with the manifests applied. */
export function layerAllows(layer: LayerFix['layer'], manifests: readonly Manifest[], situation: Situation): boolean {
  const { objects, apis, asked, cluster, target, book } = situation;
  const changed = readRuleBook(withManifests(objects, manifests), { engine: book.engine, apis });
  const flows = predictionsOf(asked, layerOf(changed, layer), cluster, target);
  return flows.every(flow => flow.decision === 'allow');
}
