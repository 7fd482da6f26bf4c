/** Where Cilium's agents have their settings from: https://docs.cilium.io/en/stable/network/kubernetes/configuration/ */
import { identityOf } from './reading.ts';

/** Reports whether an object is ConfigMap `cilium-config`, in whatever namespace Cilium is installed. */
export function isCiliumConfig(object: unknown): boolean {
  const identity = identityOf(object);
  return identity?.kind === 'ConfigMap' && identity.group === '' && identity.name === 'cilium-config';
}
