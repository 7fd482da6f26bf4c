/** Cuts a pod down to what policies see of it: names, images and ports of containers, addresses, and no environment. */
import { asList, asRecord, dropAbsent, type JsonRecord } from './json.ts';

/** The spec and status of a pod, cut down. Fields that the pod does not have are absent. */
export function projectPod(pod: JsonRecord): JsonRecord {
  const spec = asRecord(pod.spec);
  const status = asRecord(pod.status);
  const { serviceAccountName, nodeName, hostNetwork, dnsPolicy } = spec;
  const { phase, podIP, podIPs, hostIP } = status;
  return {
    spec: dropAbsent({
      serviceAccountName,
      nodeName,
      hostNetwork,
      dnsPolicy,
      containers: asList(spec.containers).map(projectContainer),
      ...(asList(spec.initContainers).length === 0
        ? {}
        : { initContainers: asList(spec.initContainers).map(projectContainer) }),
    }),
    status: dropAbsent({ phase, podIP, podIPs, hostIP }),
  };
}

/** `restartPolicy: Always` marks a native sidecar among the init containers. */
function projectContainer(container: unknown): JsonRecord {
  const { name, image, ports, restartPolicy } = asRecord(container);
  const declared = asList(ports).map(port => {
    const { name: portName, containerPort, protocol } = asRecord(port);
    return dropAbsent({ name: portName, containerPort, protocol });
  });
  return dropAbsent({ name, image, restartPolicy, ports: declared.length === 0 ? undefined : declared });
}
