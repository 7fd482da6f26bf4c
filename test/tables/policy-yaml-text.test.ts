/** Text to values: YAML, JSON, and files whose lists are JSON, one item a line; each way gives what the other gives. */
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readManifests } from '../../src/policy/manifest-file.ts';
import { readDocuments } from '../../src/policy/yaml-text.ts';

const items = Array.from({ length: 9 }, (_, index) => ({ kind: 'Pod', metadata: { name: `p${index}` } }));
const lines = (list: readonly unknown[]) => list.map(item => `- ${JSON.stringify(item)}`).join('\n');

/** What the library alone makes of it. */
function same(text: string): void {
  expect(readDocuments(text)).toEqual({ kind: 'documents', values: [parse(text)] });
}

describe('text', () => {
  test.each([
    ['JSON', '{"a": [1, 2]}'],
    ['JSON after empty lines', '\n  {"a": 1}'],
    ['a list of JSON', '[{"a": 1}, {"b": null}]'],
    ['YAML in flow style', '{a: 1, b: [x, y]}'],
    ['YAML', 'a:\n  - b\n  - c: 1'],
    ['a text', 'plain'],
    ['YAML with an item like JSON', 'a:\n- {"b": 1}\n- {c: 2}'],
    ['many items of JSON', `objects:\n${lines(items)}`],
    [
      'many items of JSON beside others',
      `engine: {name: calico}\nobjects:\n${lines(items)}\n- {a: 1}\nflows: [x, json-item-0]`,
    ],
    ['the mark that stands for an item', `objects:\n${lines(items)}\n- json-item-1\n- xjson-item-1`],
    ['a line that only looks like JSON', `objects:\n${lines(items)}\n- {"a": b}`],
    ['items of a list within a list', `a:\n  b:\n${lines(items).replaceAll(/^/gm, '  ')}`],
    ['items of the outermost list', lines(items)],
    ['lines of JSON within a text', `a: |\n${lines(items).replaceAll(/^/gm, ' ')}\nb: 1`],
  ])('%s', (_, text) => {
    same(text);
  });

  test('several documents are several values, one after another', () => {
    expect(readDocuments(`a: 1\n---\nobjects:\n${lines(items)}\n---\n- x`)).toEqual({
      kind: 'documents',
      values: [{ a: 1 }, { objects: items }, ['x']],
    });
  });

  test.each([
    ['JSON that ends early', '{"a": '],
    ['YAML that is none', 'a: b: c'],
    ['many items and a bad line', `objects:\n${lines(items)}\nx: y: z`],
    ['an alias that points nowhere', 'a: *b'],
  ])('%s cannot be read, and why is one line', (_, text) => {
    const reading = readDocuments(text);
    expect(reading.kind).toBe('unreadable');
    expect(reading.kind === 'unreadable' && reading.why).toMatch(/^not YAML: [^\n]*[^\n:]$/);
  });

  test('aliases that explode are refused', () => {
    const rows = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
    for (const [from, to] of ['ab', 'bc', 'cd', 'de'])
      rows.push(`${to}: &${to} [${Array(10).fill(`*${from}`).join(', ')}]`);
    expect(readDocuments(rows.join('\n')).kind).toBe('unreadable');
    expect(readDocuments('a: &a [x]\nb: [*a, *a]')).toEqual({
      kind: 'documents',
      values: [{ a: ['x'], b: [['x'], ['x']] }],
    });
  });
});

describe('manifests', () => {
  const of = (text: string) => {
    const reading = readManifests(text);
    return reading.kind === 'manifests' ? reading : null;
  };
  test.each<readonly [what: string, text: string, objects: readonly unknown[]]>([
    ['one object', 'kind: Pod', [{ kind: 'Pod' }]],
    ['several documents, empty ones left out', 'kind: Pod\n---\n---\nkind: Node', [{ kind: 'Pod' }, { kind: 'Node' }]],
    ['a list of objects', '- kind: Pod\n- [kind: Node]', [{ kind: 'Pod' }, { kind: 'Node' }]],
    ['a List', 'kind: List\nitems: [{kind: Pod}, 7]', [{ kind: 'Pod' }, 7]],
    ['a List says nothing of its items', 'apiVersion: v1\nkind: List\nitems: [{a: 1}]', [{ a: 1 }]],
    [
      'a typed list says what its items are',
      'apiVersion: v1\nkind: PodList\nitems: [{a: 1}, {kind: Node}]',
      [
        { apiVersion: 'v1', kind: 'Pod', a: 1 },
        { apiVersion: 'v1', kind: 'Node' },
      ],
    ],
    ['a list without items is an object', 'kind: PodList', [{ kind: 'PodList' }]],
    ['items of another kind stay in it', 'kind: Pod\nitems: [1]', [{ kind: 'Pod', items: [1] }]],
    ['items of no kind stay where they are', 'items: [1]', [{ items: [1] }]],
    ['a text', 'plain', ['plain']],
    ['an object with objects of its own', 'kind: Pod\nobjects: [1]', [{ kind: 'Pod', objects: [1] }]],
  ])('%s', (_, text, objects) => {
    expect(of(text)).toMatchObject({ objects, dns: {}, engine: null, isCluster: false });
  });
  test('a case file gives its objects, its names and its engine', () => {
    const text =
      'engine: {name: calico, version: 3.30.0}\ndns: {a.b: [192.0.2.1]}\nobjects: [{kind: Pod}]\n---\nkind: Node';
    expect(of(text)).toMatchObject({
      objects: [{ kind: 'Pod' }, { kind: 'Node' }],
      dns: { 'a.b': ['192.0.2.1'] },
      engine: { name: 'calico', version: '3.30.0' },
      isCluster: true,
    });
  });
  test('of several case files the first that names an engine counts', () => {
    const text = 'objects: []\n---\nobjects: []\nengine: {name: cilium, version: 1.15.19}';
    expect(of(text)?.engine?.name).toBe('cilium');
    expect(readManifests('objects: []\nengine: {name: nobody}').kind).toBe('unreadable');
  });
});
