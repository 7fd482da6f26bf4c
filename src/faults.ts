/**
 * Every failure of our own: what happened, why we think so, what you can do now. A fault is never shown as a network
 * verdict. Expected trouble is returned as a value; a `FaultError` is thrown only where nothing can go on.
 */
export type FaultCode =
  | 'usage'
  | 'not-found'
  | 'ambiguous'
  | 'refused'
  | 'forbidden'
  | 'cluster-unreachable'
  | 'bad-file'
  | 'bad-config'
  | 'slack-unavailable'
  | 'internal';

/** One pod, or one set of pods, that a question may have meant: its namespace, and the pod as it was asked for. */
export type PodChoice = { readonly namespace: string; readonly pod: string };

/** One failure of our own, in the three sentences that a person needs. */
export type Fault = {
  readonly code: FaultCode;
  /** What happened, in one sentence; may hold text from outside, so escape it before a chat shows it. */
  readonly what: string;
  /** Why we think so. */
  readonly cause: string;
  /** What you can do now. */
  readonly remedy: string;
  /** `ambiguous`: everything that may have been meant, in order of namespaces. Absent: nothing to choose from. */
  readonly choices?: readonly PodChoice[];
};

/** Carries a fault across a `throw`: the only class of this project. */
export class FaultError extends Error {
  readonly fault: Fault;
  constructor(fault: Fault, options?: ErrorOptions) {
    super(`${fault.what} ${fault.cause} ${fault.remedy}`, options);
    this.name = 'FaultError';
    this.fault = fault;
  }
}

/** Exit code of a fault: 2 usage (the caller can mend it by asking differently), 4 our own or the cluster's. */
export function exitCodeOf(fault: Fault): 2 | 4 {
  switch (fault.code) {
    case 'usage':
    case 'not-found':
    case 'ambiguous':
    case 'refused':
    case 'bad-file':
    case 'bad-config':
      return 2;
    case 'forbidden':
    case 'cluster-unreachable':
    case 'slack-unavailable':
    case 'internal':
      return 4;
    default:
      return fault.code satisfies never;
  }
}

/** Several faults as one, so that none is lost: the first one's code, everybody's words. */
export function joined(faults: readonly Fault[]): Fault {
  const [first] = faults;
  if (first === undefined) throw new Error('nothing was wrong');
  if (faults.length === 1) return first;
  return {
    code: first.code,
    what: faults.map((fault, index) => `(${index + 1}) ${fault.what}`).join(' '),
    cause: faults.map((fault, index) => `(${index + 1}) ${fault.cause}`).join(' '),
    remedy: faults.map((fault, index) => `(${index + 1}) ${fault.remedy}`).join(' '),
  };
}
