/**
 * Where Antrea's tiers stand. All before NetworkPolicy are one tier here, for Pass leaves all of them, and all after it are
 * another: its agent has one table for each (pkg/agent/openflow/network_policy.go, conjunctionActionPassFlow).
 */
import type { Place } from './reader.ts';

/** The priority of the tier `baseline`, after NetworkPolicy. */
export const ANTREA_BASELINE = 253;

/** A policy's priority goes from 0 to 10000, so that tiers never overlap. */
const TIER_STEP = 100_000;

/** The place of the policies of a tier, by the tier's priority. */
export function antreaPlace(tier: number): Place {
  const isBaseline = tier >= ANTREA_BASELINE;
  return {
    layer: 'network policy',
    tier: isBaseline ? 'antrea baseline' : 'antrea',
    order: isBaseline ? 9_000_000 : 500,
    combine: 'first-match',
    endOfTier: 'pass',
  };
}

/** The order of a policy among all of its place, by the priorities of its tier and its own. */
export function antreaOrder(tier: number, priority: number): number {
  return tier * TIER_STEP + priority;
}
