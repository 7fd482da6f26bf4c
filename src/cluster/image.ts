/** Which image probes run in: the one asked for, else the default. */
import { FaultError } from '../faults.ts';
import { DEFAULT_PROBE_IMAGE } from '../probe/default-image.ts';

export { DEFAULT_PROBE_IMAGE };

/** The variable that names another image, e.g. a mirror of the default in a registry of one's own. */
export const PROBE_IMAGE_VARIABLE = 'EGRESS_PROBE_IMAGE';

/** `name:tag`, `registry:port/name:tag` or `name@sha256:digest`; the name is not judged further: the kubelet does. */
const PINNED = /^[^\s@]+(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}|@sha256:[0-9a-f]{64})$/;

/**
 * Picks the image: the option, else the variable, else the default. Throws a usage fault for one that is not pinned,
 * e.g. `netshoot` or `netshoot:latest`; `registry.example:5000/netshoot:v0.13` is pinned.
 */
export function chooseProbeImage(option: string | null, env: Readonly<Record<string, string | undefined>>): string {
  const image = option ?? env[PROBE_IMAGE_VARIABLE] ?? DEFAULT_PROBE_IMAGE;
  const lastPart = image.slice(image.lastIndexOf('/') + 1);
  if (PINNED.test(image) && lastPart.search(/[:@]/) > 0 && !lastPart.endsWith(':latest')) return image;
  throw new FaultError({
    code: 'bad-config',
    what: `The probe image ${JSON.stringify(image)} is not pinned.`,
    cause: 'An image without a tag or with the tag latest is pulled anew for every probe, and may change under us.',
    remedy: `Name a tag or a digest, e.g. ${DEFAULT_PROBE_IMAGE}.`,
  });
}
