/** The comparison table: what is a row, what is a column, and how it fits a terminal. */
import { describe, expect, it } from 'vitest';
import type { Observation } from '../../src/model.ts';
import { comparisonOf } from '../../src/render/comparison.ts';
import { textTable } from '../../src/render/text-table.ts';
import { answered, connected, diagnosisOf, dropped, looked, notLooked, notRun, saw, status } from '../threads/story.ts';

const ENDS = { namespace: 'a', pod: 'b', app: 'b', host: 'c.example', port: 443, addresses: [] };
const tableOf = (...observations: Observation[]) =>
  comparisonOf(diagnosisOf(ENDS, { observations, vantages: looked('b').slice(0, 2) }));
const rowsOf = (...observations: Observation[]) =>
  tableOf(...observations).rows.map(row => [row.label, ...row.cells.map(cell => cell.text)].join(' | '));

const proxied = (seen: Observation): Observation => ({ ...seen, via: 'proxy' });

it('what a probe printed may be of any length: a cell is not', () => {
  const seen = saw('pod', 'tcp', '192.0.2.1:443', { kind: 'local-error', errno: 'E'.repeat(9000) }, 5);
  const [cell] = tableOf(seen).rows[0]?.cells ?? [];
  expect(cell?.text).toBe(`✗ local error ${'E'.repeat(135)}…`);
});

const ROWS: readonly [rule: string, observations: readonly Observation[], rows: readonly string[]][] = [
  [
    'the port of the question is not repeated',
    [saw('pod', 'tcp', '192.0.2.1:443', connected, 5)],
    ['tcp 192.0.2.1 | ✓ connected 5ms | – not run'],
  ],
  [
    'another port is told',
    [saw('pod', 'tcp', '192.0.2.1:8443', connected, 5)],
    ['tcp 192.0.2.1:8443 | ✓ connected 5ms | – not run'],
  ],
  [
    'another port of an IPv6 address is told in brackets',
    [saw('pod', 'tcp', '[2001:db8::1]:80', connected, 5)],
    ['tcp [2001:db8::1]:80 | ✓ connected 5ms | – not run'],
  ],
  [
    'addresses that behave alike share a row, with the slowest time',
    [
      saw('pod', 'tcp', '192.0.2.1:443', connected, 5),
      saw('pod', 'tcp', '192.0.2.2:443', connected, 9),
      saw('control', 'tcp', '192.0.2.2:443', connected, 4),
      saw('control', 'tcp', '192.0.2.1:443', connected, 3),
    ],
    ['tcp 192.0.2.1 (+1) | ✓ connected 9ms | ✓ connected 4ms'],
  ],
  [
    'addresses that differ at any vantage keep their rows',
    [saw('pod', 'tcp', '192.0.2.1:443', connected, 5), saw('pod', 'tcp', '192.0.2.2:443', dropped, 3000)],
    ['tcp 192.0.2.1 | ✓ connected 5ms | – not run', 'tcp 192.0.2.2 | ✗ dropped 3.0s | – not run'],
  ],
  ['a layer that nobody ran has no row', [saw('pod', 'tls', '192.0.2.1:443', notRun('dropped'), 0)], []],
  [
    'layers come in the order in which a connection passes them',
    [
      saw('pod', 'http', '192.0.2.1:443', status(200), 9),
      saw('pod', 'dns', null, answered('c.example', '192.0.2.1'), 2),
      saw('pod', 'cluster', '10.0.0.1:443', connected, 2),
    ],
    [
      'dns (UDP) | ✓ 1 address 2ms | – not run',
      'cluster API | ✓ connected 2ms | – not run',
      'http 192.0.2.1 | ✓ HTTP 200 9ms | – not run',
    ],
  ],
  [
    'of several queries the one with addresses counts',
    [
      saw('pod', 'dns', null, { kind: 'no-records', families: ['IPv6'] }, 2),
      saw('pod', 'dns', null, answered('c.example', '192.0.2.1'), 3),
    ],
    ['dns (UDP) | ✓ 1 address 3ms | – not run'],
  ],
  [
    'DNS over TCP is a row of its own',
    [
      saw('pod', 'dns', null, answered('c.example', '192.0.2.1'), 3),
      { ...saw('pod', 'dns', null, { kind: 'resolver-timeout', waitedMs: 3000 }, 3000), protocol: 'TCP' },
    ],
    ['dns (UDP) | ✓ 1 address 3ms | – not run', 'dns (TCP) | ✗ no answer 3.0s | – not run'],
  ],
  [
    'the way through the proxy is not the direct way',
    [
      saw('pod', 'tcp', '192.0.2.1:443', dropped, 3000),
      proxied(saw('pod', 'tcp', '192.0.2.9:3128', connected, 1)),
      proxied(saw('pod', 'tls', '192.0.2.9:3128', connected, 9)),
    ],
    [
      'tcp 192.0.2.1 | ✗ dropped 3.0s | – not run',
      'tcp via proxy 192.0.2.9:3128 | ✓ connected 1ms | – not run',
      'tls via proxy 192.0.2.9:3128 | ✓ connected 9ms | – not run',
    ],
  ],
  [
    'a UDP question is no tcp row',
    [
      {
        ...saw('pod', 'tcp', '192.0.2.1:443', { kind: 'no-answer', layer: 'tcp', waitedMs: 3000 }, 3000),
        protocol: 'UDP' as const,
      },
    ],
    ['udp 192.0.2.1 | ? no answer 3.0s | – not run'],
  ],
  [
    'a tool that tells no address has a row without one',
    [saw('pod', 'tcp', null, connected, 5)],
    ['tcp | ✓ connected 5ms | – not run'],
  ],
];

describe('rows', () => {
  it.each(ROWS)('%s', (_, observations, rows) => expect(rowsOf(...observations)).toEqual(rows));
});

describe('columns', () => {
  it('a vantage that did not run has none', () => {
    const vantages = [looked('b')[0], notLooked('node', 'not permitted')].flatMap(report => report ?? []);
    expect(comparisonOf(diagnosisOf(ENDS, { vantages })).columns).toEqual(['pod']);
  });

  it('a twin that stands in for the pod says so', () => {
    const vantages = looked('b').map(report =>
      report.vantage === 'pod' ? { ...report, method: 'twin-pod' as const } : report,
    );
    expect(comparisonOf(diagnosisOf(ENDS, { vantages })).columns).toEqual(['pod (twin)', 'control', 'node']);
  });

  it('a sibling replica is not mixed up with the pod', () => {
    const seen = saw('pod', 'tcp', '192.0.2.1:443', connected, 5);
    const table = tableOf({ ...seen, outcome: dropped, ms: 3000 }, { ...seen, sibling: 'b-2' });
    expect(table.columns).toEqual(['pod', 'control', 'replica b-2']);
    expect(table.rows[0]?.cells.map(cell => cell.text)).toEqual(['✗ dropped 3.0s', '– not run', '✓ connected 5ms']);
  });
});

describe('the table as text', () => {
  const table = tableOf(
    saw('pod', 'tcp', '[2001:db8:1111:2222:3333:4444:5555:6666]:443', dropped, 3000),
    saw('control', 'tcp', '[2001:db8:1111:2222:3333:4444:5555:6666]:443', connected, 12),
  );

  it('keeps one line for each row where there is room', () => {
    expect(textTable(table, { width: 118, colour: false }).split('\n')).toEqual([
      '                                            pod             control',
      'tcp 2001:db8:1111:2222:3333:4444:5555:6666  ✗ dropped 3.0s  ✓ connected 12ms',
    ]);
  });

  it('breaks a long address rather than losing its end', () => {
    const lines = textTable(table, { width: 50, colour: false }).split('\n');
    expect(lines.filter(line => line.length > 50)).toEqual([]);
    const label = lines.map(line => /^\S+/.exec(line)?.[0] ?? '').join('');
    expect(label).toBe('tcp2001:db8:1111:2222:3333:4444:5555:6666');
  });

  it('says with colour exactly what it says without', () => {
    const page = { width: 50, colour: true };
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours are what is taken out here.
    expect(textTable(table, page).replace(/\u001b\[\d+m/g, '')).toBe(textTable(table, { ...page, colour: false }));
    expect(textTable(table, page)).toContain('\u001b[');
  });
});
