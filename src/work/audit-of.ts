/** The audit entry of an answer. */
import type { AuditEntry, AuditOutcome } from '../store/audit.ts';
import type { AnswerRecord } from './records.ts';

/** What the log keeps of it; the namespace stands before the pod when it is known. */
export function auditOf(record: AnswerRecord, outcome: AuditOutcome): AuditEntry {
  const { answerId, at, asker, asked, place, question } = record;
  const namespace = question?.namespace ?? asked.namespace;
  return {
    id: answerId,
    at,
    who: asker,
    action: 'ask',
    subject: `${podText(namespace, asked.pod)} ${asked.host}`,
    cluster: question?.cluster ?? asked.cluster,
    channel: place.channel,
    outcome,
  };
}

/** The pod with its namespace, said once; null: not known. */
export function podText(namespace: string | null, pod: string): string {
  return namespace === null || pod.startsWith(`${namespace}/`) ? pod : `${namespace}/${pod}`;
}
