/** Removes the pods of runs that were killed before they could clean up (kill -9, a machine that died). */
import { apiPath, PODS } from './api-path.ts';
import type { ApiAnswer, ApiClient } from './client.ts';
import { holderState } from './holder.ts';
import { asList, asRecord, textOf, textsOf } from './json.ts';
import {
  DEADLINE_ANNOTATION,
  HOLDER_ANNOTATION,
  type MarkedPod,
  ROLE_LABEL,
  RUN_LABEL,
  removalReason,
} from './run-mark.ts';
import { deletePod } from './start-pod.ts';

/** With which rights, and where. */
export type SweepConnection = {
  /** Lists pods of all namespaces, where it may. */
  readonly reader: ApiClient;
  /** Deletes, and lists the namespaces below when the reader may not list all. */
  readonly prober: ApiClient;
  /** The bot's own namespace, and those that are asked about now. */
  readonly namespaces: readonly string[];
};

/** What a sweep did. */
export type Swept = {
  /** ns/name of what was removed, and why. */
  readonly removed: readonly { readonly pod: string; readonly why: string }[];
  /** What should go and did not, or where it could not be looked. */
  readonly left: readonly { readonly pod: string; readonly why: string }[];
};

/** Several pods of one run at once, but never a flood. */
const AT_ONCE = 8;

/**
 * Removes orphans: pods with our run label whose run is dead or past its deadline. Those of a living run, of this process
 * or another, stay. Never rejects; trouble is in `left`.
 */
export async function sweepOrphans(connection: SweepConnection, nowMs: number): Promise<Swept> {
  const { pods, left } = await listMarked(connection);
  const orphans = pods.flatMap(pod => {
    const why = removalReason(pod, holderState(pod.holder, pod.run), nowMs);
    return why === null ? [] : [{ pod, why }];
  });
  const removed: { pod: string; why: string }[] = [];
  const kept: { pod: string; why: string }[] = [...left];
  const queue = orphans.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const { pod, why } of queue) {
        const trouble = await deletePod(connection.prober, pod.namespace, pod.name, pod.uid);
        const name = `${pod.namespace}/${pod.name}`;
        if (trouble === null) removed.push({ pod: name, why });
        else kept.push({ pod: name, why: trouble });
      }
    }),
  );
  return { removed, left: kept };
}

type Listed = {
  readonly pods: readonly MarkedPod[];
  readonly left: readonly { readonly pod: string; readonly why: string }[];
};

/** One list of all namespaces; where that is forbidden, one for each namespace that we know of. */
async function listMarked({ reader, prober, namespaces }: SweepConnection): Promise<Listed> {
  const query = { labelSelector: `${RUN_LABEL},${ROLE_LABEL} in (control,node,twin)` };
  const all = await reader.send({ method: 'GET', path: apiPath(PODS), query });
  if (all.kind === 'ok') return { pods: markedPods(all), left: [] };
  const wanted = [...new Set(namespaces)];
  const answers = await Promise.all(
    wanted.map(namespace => prober.send({ method: 'GET', path: apiPath(PODS, { namespace }), query })),
  );
  const left = answers.flatMap((answer, index) =>
    answer.kind === 'ok'
      ? []
      : [{ pod: `${wanted[index]}/*`, why: answer.kind === 'refused' ? answer.message : answer.why }],
  );
  return { pods: answers.flatMap(markedPods), left };
}

/** Labels alone could be anybody's: the name must be one that we give. */
const OUR_NAME = /^egress-(control|node|twin)-[a-z0-9-]+$/;

function markedPods(answer: ApiAnswer): readonly MarkedPod[] {
  if (answer.kind !== 'ok') return [];
  // What is being deleted already needs no second deletion.
  const staying = asList(asRecord(answer.body).items).filter(
    item => asRecord(asRecord(item).metadata).deletionTimestamp === undefined,
  );
  return staying.map(readMarkedPod).filter(pod => OUR_NAME.test(pod.name));
}

function readMarkedPod(item: unknown): MarkedPod {
  const metadata = asRecord(asRecord(item).metadata);
  const { [RUN_LABEL]: run = '' } = textsOf(metadata.labels);
  const { [HOLDER_ANNOTATION]: holder = null, [DEADLINE_ANNOTATION]: deadline = '' } = textsOf(metadata.annotations);
  const deadlineMs = Date.parse(deadline);
  return {
    namespace: textOf(metadata.namespace),
    name: textOf(metadata.name),
    uid: textOf(metadata.uid),
    phase: textOf(asRecord(asRecord(item).status).phase),
    run,
    holder,
    deadlineMs: Number.isNaN(deadlineMs) ? null : deadlineMs,
  };
}
