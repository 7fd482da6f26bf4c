/** Mistakes that can be seen in a NetworkPolicy as it is written, before anybody evaluates it. */
import { stringify } from 'yaml';
import { departs } from '../policy/departures.ts';
import { isRecord, type Json, listAt, memberOf } from '../policy/reading.ts';
import { type Finding, joinAnswers, NOTHING_FOUND, type RuleAnswer } from './finding.ts';
import type { PolicyEntry, World } from './world.ts';

/** Finds egress rules that do not count, because policyTypes does not list Egress (or is not there, beside an empty list). */
export function findTypesWithoutEgress(world: World): RuleAnswer {
  return overObjects(world, (object, name) => {
    const spec = memberOf(object, 'spec');
    if (!isRecord(spec) || !Array.isArray(spec.egress)) return [];
    const types = listAt(spec, 'policyTypes');
    const isEmpty = spec.egress.length === 0;
    if (types.includes('Egress') || (types.length === 0 && !isEmpty)) return [];
    // With such an engine the rules count all the same, and shut the pods.
    const counts = !isEmpty && departs(world.book.engine, 'rules-isolate-whatever-policy-types-say').answer !== 'no';
    const kept = types.length === 0 ? ['Ingress', 'Egress'] : [...types, 'Egress'];
    return [
      {
        rule: 'policy-types',
        severity: 'warning',
        object: name,
        place: world.placeOf(name, ['spec', types.length === 0 ? 'egress' : 'policyTypes']),
        what: isEmpty
          ? 'It has an empty egress list, and policyTypes does not list Egress: it denies no egress.'
          : 'It has egress rules, and policyTypes does not list Egress.',
        why: counts
          ? 'The API ignores these rules; the network plugin here may let them count all the same, so that the policy means different things in different clusters.'
          : 'What is written about egress does not count, though it looks as if it did.',
        fix: {
          text: 'List Egress in policyTypes, or take the egress list out.',
          yaml: stringify({ spec: { policyTypes: kept } }),
        },
      },
    ];
  });
}

/**
 * Finds a namespaceSelector and a podSelector as two peers, where one peer with both was likely meant: two peers are an
 * "or". https://kubernetes.io/docs/concepts/services-networking/network-policies/#behavior-of-to-and-from-selectors
 */
export function findSeparateSelectors(world: World): RuleAnswer {
  return overObjects(world, (object, name) =>
    (['egress', 'ingress'] as const).flatMap(side =>
      listAt(object, 'spec', side).flatMap((rule, index) => {
        const key = side === 'egress' ? 'to' : 'from';
        const at = separatePair(listAt(rule, key));
        if (at === null) return [];
        const merged = { ...at.first, ...at.second };
        return [
          {
            rule: 'separate-selectors' as const,
            severity: 'note' as const,
            object: name,
            place: world.placeOf(name, ['spec', side, index, key, at.index]),
            what: `Its rule ${side}[${index}] has a namespaceSelector and a podSelector as two peers: either is enough.`,
            why: 'It opens every pod of these namespaces, and these pods of its own namespace; where the pods of these namespaces were meant, that is too much.',
            fix: {
              text: 'Write both into one peer (one dash) if both have to hold.',
              yaml: stringify({ [key]: [merged] }),
            },
          },
        ];
      }),
    ),
  );
}

/** A peer with a namespaceSelector alone, right before one with a podSelector alone that asks for some label. */
function separatePair(
  peers: readonly unknown[],
): { readonly index: number; readonly first: Json; readonly second: Json } | null {
  for (const [index, first] of peers.entries()) {
    const second = peers[index + 1];
    if (!isRecord(first) || !isRecord(second)) continue;
    const isPair = isAlone(first, 'namespaceSelector') && isAlone(second, 'podSelector');
    if (isPair && Object.keys(memberRecord(second.podSelector)).length > 0) return { index, first, second };
  }
  return null;
}

function isAlone(peer: Json, key: string): boolean {
  return Object.keys(peer).length === 1 && isRecord(peer[key]);
}

function memberRecord(value: unknown): Json {
  return isRecord(value) ? value : {};
}

function overObjects(world: World, check: (object: Json, name: string) => readonly Finding[]): RuleAnswer {
  const names = new Set(world.policies.filter(isNetworkPolicy).map(({ name }) => name));
  const answers = [...names].map(name => {
    const findings = world.objectsNamed(name).flatMap(object => check(object, name));
    return findings.length === 0 ? NOTHING_FOUND : { findings, notChecked: [] };
  });
  return joinAnswers(answers);
}

function isNetworkPolicy({ policy: { ref } }: PolicyEntry): boolean {
  return ref.kind === 'NetworkPolicy';
}
