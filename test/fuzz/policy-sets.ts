/** Random sets of policies, the same for the same seed. */
import fc from 'fast-check';
import { ciliumClusterwideNetworkPolicy, ciliumNetworkPolicy, type Scene } from './cilium-policies.ts';
import { networkPolicy } from './network-policies.ts';

/** A policy as it is applied. */
export type PolicyManifest = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
};

const MOST_POLICIES = 5;

/** The policies of one seed, of the kinds that the engine enforces. */
export function policySet(seed: number, scene: Scene): readonly PolicyManifest[] {
  const everywhere = { weight: 4, arbitrary: networkPolicy(scene.world) };
  const ciliums = [
    { weight: 4, arbitrary: ciliumNetworkPolicy(scene) },
    { weight: 2, arbitrary: ciliumClusterwideNetworkPolicy(scene) },
  ];
  const policy = fc.oneof(everywhere, ...(scene.engine === 'cilium' ? ciliums : []));
  // Unbiased: fast-check's first values would be the smallest ones.
  const [chosen = []] = fc.sample(fc.noBias(fc.array(policy, { minLength: 1, maxLength: MOST_POLICIES })), {
    seed,
    numRuns: 1,
  });
  return chosen.map((each, index) => {
    const { metadata, ...rest } = each as PolicyManifest;
    return { ...rest, metadata: { ...metadata, name: `${scene.world.aside}-${seed}-${index}` } };
  });
}
