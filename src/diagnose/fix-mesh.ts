/**
 * A mesh that lets out connections to hosts that it knows and no others (REGISTRY_ONLY): a ServiceEntry makes the host
 * known, and where the pod's Sidecar lists what it imports, the Sidecar has to import it.
 * https://istio.io/latest/docs/tasks/traffic-management/egress/egress-control/
 */
import type { KubernetesObject } from '../evidence.ts';
import { isRecord, type Json, listAt, memberOf, objectName, textAt } from '../policy/reading.ts';
import { applicable } from './fix-changed.ts';
import type { Draft, LayerFix, Manifest, Situation } from './fix-kind.ts';
import { layerAllows } from './fix-layer-rules.ts';
import { proposedObject, servedVersion } from './fix-manifest.ts';

/** Imports what is declared already; else declares it for the proxies of the pod's own namespace alone. */
export const SERVICE_ENTRY: LayerFix = { layer: 'mesh', draft: draftMesh };

const GROUP = 'networking.istio.io';

type Choice = { readonly manifests: readonly Manifest[]; readonly how: string };

function draftMesh(situation: Situation): Draft {
  const { objects, deniedBy } = situation;
  const sidecar = objects.find(each => each.kind === 'Sidecar' && deniedBy.includes(objectName(each))) ?? null;
  const entry = entryFor(situation);
  const choices: readonly Choice[] = [
    ...(sidecar === null ? [] : declared(situation).map(host => importOf(sidecar, host))),
    ...(entry === null ? [] : [{ manifests: [entry], how: ENTRY_HOW }]),
    ...(entry === null || sidecar === null ? [] : [both(entry, sidecar)]),
  ];
  const works = choices.find(({ manifests }) => layerAllows('mesh', manifests, situation));
  if (works !== undefined) return { kind: 'draft', ...works };
  return {
    kind: 'not-applicable',
    why: `${deniedBy.join(', ')} keeps the mesh from letting it out, and no ServiceEntry or import was found that would be proved to`,
  };
}

const ENTRY_HOW =
  'a ServiceEntry, which makes the host known to the proxies of this namespace alone (exportTo "."): a mesh with REGISTRY_ONLY lets out no others';

function both(entry: Manifest, sidecar: KubernetesObject): Choice {
  const [host = ''] = listAt(entry, 'spec', 'hosts').map(String);
  const imported = importOf(sidecar, `./${host}`);
  return { manifests: [entry, ...imported.manifests], how: `${ENTRY_HOW}; ${imported.how}` };
}

function importOf(sidecar: KubernetesObject, host: string): Choice {
  const how = `${objectName(sidecar)} imports ${host}, since a proxy knows no host that its Sidecar does not import`;
  return { manifests: [withImport(sidecar, host)], how };
}

/** `NAMESPACE/HOST` of what is declared for this destination already: Services that were asked, entries that name the host. */
function declared({ needs, host, objects }: Situation): readonly string[] {
  const services = needs.flatMap(({ to }) => (to.kind === 'pod' && to.service !== null ? [to.service] : []));
  const entries = objects.filter(
    each => each.kind === 'ServiceEntry' && host.kind === 'name' && listAt(each, 'spec', 'hosts').includes(host.name),
  );
  return [
    ...new Set([
      ...services.map(service => {
        const [namespace = '', name = ''] = service.split('/');
        return `${namespace}/${name}.${namespace}.svc.cluster.local`;
      }),
      ...entries.map(each => `${textAt(each, 'metadata', 'namespace') ?? 'default'}/${hostText(host)}`),
    ]),
  ];
}

function hostText(host: Situation['host']): string {
  return host.kind === 'name' ? host.name : '';
}

/** Into the listener that takes every port; one is added where each has a port of its own. */
function withImport(sidecar: KubernetesObject, host: string): Manifest {
  const plain = applicable(sidecar);
  const egress: readonly unknown[] = listAt(plain, 'spec', 'egress');
  const common = egress.findIndex(item =>
    ['port', 'bind', 'captureMode'].every(key => memberOf(item, key) === undefined),
  );
  const changed = egress.map((item, index) =>
    index === common && isRecord(item) ? { ...item, hosts: [...listAt(item, 'hosts'), host] } : item,
  );
  return {
    ...plain,
    spec: {
      ...(isRecord(plain.spec) ? plain.spec : {}),
      egress: common < 0 ? [...egress, { hosts: [host] }] : changed,
    },
  };
}

/** null: a pod of the cluster is denied, which no entry for a host outside can open. */
function entryFor(situation: Situation): Manifest | null {
  const { needs, host, target } = situation;
  const addresses = [...new Set(needs.flatMap(({ to }) => (to.kind === 'address' ? [to.address] : [])))];
  if (addresses.length === 0 || needs.some(({ to }) => to.kind === 'pod')) return null;
  const apiVersion = `${GROUP}/${versionOf(situation)}`;
  return proposedObject(
    situation,
    { apiVersion, kind: 'ServiceEntry', namespace: target.namespace, words: [situation.hostText] },
    {
      // An entry has to name a host; where only addresses are asked, the name stands for nothing (RFC 6761, section 6.4).
      hosts: [host.kind === 'name' ? host.name : `${addresses[0]?.replaceAll(/[.:]/g, '-')}.invalid`],
      ...destinationOf(situation, addresses),
      location: 'MESH_EXTERNAL',
      exportTo: ['.'],
    },
  );
}

/** HTTP and TLS carry the name; anything else is told apart by its addresses. */
function destinationOf({ host, application, port }: Situation, addresses: readonly string[]): Json {
  if (host.kind === 'name' && application !== 'none') {
    const protocol = application === 'https' ? 'TLS' : 'HTTP';
    return { ports: [portOf(port.port, protocol)], resolution: 'DNS' };
  }
  const blocks = addresses.map(address => `${address}/${address.includes(':') ? 128 : 32}`);
  return { addresses: blocks, ports: [portOf(port.port, 'TCP')], resolution: 'NONE' };
}

function portOf(number: number, protocol: string): Json {
  return { number, name: `${protocol.toLowerCase()}-${number}`, protocol };
}

/** The version that the cluster serves; v1beta1, which every Istio since 1.5 serves, where it is not known. */
function versionOf(situation: Situation): string {
  return servedVersion(situation, GROUP, 'ServiceEntry') ?? servedVersion(situation, GROUP, 'Sidecar') ?? 'v1beta1';
}
