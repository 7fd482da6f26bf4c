/** What a worker does about trouble depends on whose it is. */
import { type Fault, FaultError } from '../faults.ts';

/** Reports whether Slack could not be reached, so that the same may work later. */
export function isSlackDown(error: unknown): boolean {
  return error instanceof FaultError && error.fault.code === 'slack-unavailable';
}

/** Asking again would end the same way. The cluster's silence and our own mistakes get all their attempts. */
export function isFinal({ code }: Fault): boolean {
  return code !== 'cluster-unreachable' && code !== 'internal';
}
