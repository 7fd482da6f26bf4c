/** The `subject` of the administrators' policies: the pods that they apply to. */
import { oddFieldOfPods } from './admin-peer.ts';
import type { Expression, Subject } from './model.ts';
import { isRecord, type Notebook } from './reading.ts';
import { readLabelSelector } from './selector.ts';

/**
 * Reads `{namespaces}` or `{pods: {namespaceSelector, podSelector}}`. "Note that host-networked pods are not included in
 * subject selection." Neither field, or an object that cannot be what it says (`riddle`): selects nobody knows whom.
 */
export function readAdminSubject(value: unknown, riddle: string | null, notebook: Notebook): Subject {
  const subject = isRecord(value) ? value : {};
  if (riddle !== null) return subjectOf({ op: 'true' }, { op: 'unreadable', why: riddle });
  const odd = isRecord(subject.pods) ? oddFieldOfPods(subject.pods) : undefined;
  if (odd !== undefined) return open(`subject.pods has the unknown field "${odd}"`, notebook);
  if (isRecord(subject.namespaces) && isRecord(subject.pods))
    return open('subject has namespaces and pods together', notebook);
  if (isRecord(subject.namespaces)) {
    return subjectOf(readLabelSelector(subject.namespaces, 'subject.namespaces', notebook), { op: 'true' });
  }
  if (isRecord(subject.pods)) {
    const { namespaceSelector, podSelector } = subject.pods;
    return subjectOf(
      readLabelSelector(namespaceSelector ?? {}, 'subject.pods.namespaceSelector', notebook),
      readLabelSelector(podSelector ?? {}, 'subject.pods.podSelector', notebook),
    );
  }
  return open('subject has no field that is known', notebook);
}

function open(why: string, notebook: Notebook): Subject {
  notebook.problems.push(why);
  return subjectOf({ op: 'true' }, { op: 'unreadable', why });
}

function subjectOf(namespaces: Expression, pods: Expression): Subject {
  return {
    namespaces:
      namespaces.op === 'true'
        ? { kind: 'all' }
        : { kind: 'selected', selector: { view: 'kubernetes', expression: namespaces } },
    pods: { view: 'kubernetes', expression: pods },
    serviceAccounts: null,
    hostNetwork: 'does-not-apply',
  };
}
