/** Kubernetes label selectors as people type them (`kubectl -l`): checked here, evaluated by the API server. */
import { shown } from './hostname.ts';

/** A selector that the API server will take, or what is wrong with it (a sentence). */
export type SelectorReading =
  | { readonly kind: 'selector'; readonly selector: string }
  | { readonly kind: 'faulty'; readonly cause: string };

const LABEL_VALUE = /^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/;
const LABEL_NAME = /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;
const KEY_PREFIX = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/**
 * Reads requirements with commas between them, all of which must hold: `app=billing`, `app==billing`, `tier!=web`,
 * `tier in (a,b)`, `tier notin (a,b)`, `app`, `!app`. The outer spaces go, the rest stays as typed.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
 */
export function readLabelSelector(text: string): SelectorReading {
  const selector = text.trim();
  if (selector === '') return { kind: 'faulty', cause: 'The label selector is empty, so it would mean every pod.' };
  // A comma inside parentheses is between values, any other is between requirements.
  const requirements = selector.split(/,(?![^(]*\))/);
  const cause = requirements.map(faultOfRequirement).find(fault => fault !== null);
  return cause === undefined ? { kind: 'selector', selector } : { kind: 'faulty', cause };
}

function faultOfRequirement(text: string): string | null {
  const requirement = text.trim();
  if (requirement === '') return 'There is nothing between two commas of the label selector.';
  const parts = takeApart(requirement);
  if (parts === null) return `${shown(requirement)} is no requirement of a label selector.`;
  if (!isLabelKey(parts.key)) return `${shown(parts.key)} is no label key.`;
  const bad = parts.values.find(value => !LABEL_VALUE.test(value));
  return bad === undefined
    ? null
    : `${shown(bad)} is no label value: at most 63 letters, digits, dots, hyphens and underscores.`;
}

function takeApart(requirement: string): { readonly key: string; readonly values: readonly string[] } | null {
  const set = /^([^\s!=()]+)\s+(?:not)?in\s*\(([^()]*)\)$/.exec(requirement);
  if (set !== null) return { key: set[1] ?? '', values: (set[2] ?? '').split(',').map(value => value.trim()) };
  const equality = /^([^\s!=()]+)\s*(?:!=|==?)\s*([^\s!=()]*)$/.exec(requirement);
  if (equality !== null) return { key: equality[1] ?? '', values: [equality[2] ?? ''] };
  const existence = /^!?\s*([^\s!=()]+)$/.exec(requirement);
  return existence === null ? null : { key: existence[1] ?? '', values: [] };
}

function isLabelKey(key: string): boolean {
  const [name = '', prefix, ...more] = key.split('/').reverse();
  return (
    more.length === 0 &&
    LABEL_NAME.test(name) &&
    (prefix === undefined || (prefix.length <= 253 && KEY_PREFIX.test(prefix)))
  );
}
