/** From what a worker kept to the report: found by every name of an incident, uploaded by its button, printed by its command. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadTemplates } from '../../src/commands/templates.ts';
import { alertEnvelopes } from '../../src/page/alert-jobs.ts';
import { READERS } from '../../src/page/sources.ts';
import { renderIncidentReport } from '../../src/render/timeline/incident-report.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { withAlways } from '../../src/work/always-attached.ts';
import { findStory, threadOf } from '../../src/work/find-story.ts';
import { handleDelivery } from '../../src/work/handle-job.ts';
import { pagingAttached } from '../../src/work/paging.ts';
import { DONE, NOTHING_ATTACHED } from '../../src/work/work.ts';
import { askedIn, BUNDLES, diagnosisOf } from '../fakes/bundle-clusters.ts';
import { PAGING, payloadOf } from '../fakes/paging.ts';
import { askJobOf, pressJobOf, SETTINGS, type TestBench, testBench } from '../fakes/work.ts';
import { openStage } from '../threads/conversation.ts';
import { loadStory } from '../threads/stories.ts';

const [first] = BUNDLES;
if (first === undefined) throw new Error('no bundles');
const ASKED = askedIn(first);
const START_MS = Date.parse('2026-11-21T11:00:00Z');
const TEMPLATES = loadTemplates();

function reportBench(): TestBench {
  const bench = testBench({ settings: { ...SETTINGS, paging: PAGING } });
  Object.assign(bench.work, { attached: withAlways(pagingAttached([])) });
  return bench;
}

const reports = ({ slack }: TestBench) =>
  slack.messages.flatMap(({ upload, threadTs }) =>
    upload?.filename.startsWith('report-') === true
      ? [{ text: new TextDecoder().decode(upload.bytes), threadTs, upload }]
      : [],
  );

/** A press whose time makes it another one. */
const press = (answerId: string, count: number) =>
  Object.assign(pressJobOf('report', answerId), { actionTs: `1795258900.00000${count}` });

async function reportOf({ store }: TestBench, incident: string, nowMs = START_MS + 60_000): Promise<string> {
  const reading = await findStory(store, incident, nowMs);
  if (reading.kind === 'unknown') return `${reading.fault.what}\n${reading.fault.cause}\n${reading.fault.remedy}`;
  return renderIncidentReport(reading.story, TEMPLATES, { writtenAt: new Date(nowMs).toISOString() });
}

async function pageIn(bench: TestBench, payload: unknown = payloadOf('pagerduty-triggered')): Promise<void> {
  const reading = READERS.pagerduty(payload);
  if (reading.kind !== 'alerts') throw new Error('no alerts');
  const settings = { ...SETTINGS, paging: PAGING };
  const sent = { source: 'pagerduty', deliveryId: null, at: new Date(START_MS).toISOString() } as const;
  const handle = handleDelivery(bench.work);
  for (const envelope of alertEnvelopes(reading.alerts, settings, sent)) {
    expect(await handle({ ...bench.deliveryOf(envelope.id, envelope.job), envelope })).toEqual(DONE);
  }
}

describe('the button', () => {
  test('is on every card, and uploads the timeline into its thread', async () => {
    const bench = reportBench();
    await bench.deliver('cmd:1', askJobOf(ASKED));
    expect(JSON.stringify(bench.slack.messages[0]?.message.blocks)).toContain('"egress.report"');
    await bench.deliver('press:2', press('cmd:1', 1));
    const [report] = reports(bench);
    expect(report?.threadTs).toBe(bench.slack.messages[0]?.ts);
    expect(report?.upload.title).toBe('incident-report.md: the timeline until 2026-11-21 11:00 UTC');
    expect(report?.text).toContain('# Incident report: `cmd:1`');
    expect(report?.text).toMatch(
      /done by a person:\*\* `U0ANNA` asked why `default\/firewall-restriction-pod` cannot reach `google\.com`/,
    );
    expect(report?.text).toMatch(/concluded:\*\* `denied-by-policy`/);
  });

  test('may be pressed again: each press writes what is known by then, a press delivered twice once', async () => {
    const bench = reportBench();
    await bench.deliver('cmd:1', askJobOf(ASKED));
    await bench.deliver('press:2', press('cmd:1', 1));
    bench.pass(600_000);
    await bench.deliver('press:3', pressJobOf('again', 'cmd:1'), {
      envelope: { id: 'press:3', job: pressJobOf('again', 'cmd:1'), group: 'g', at: '2026-11-21T11:10:00.000Z' },
    });
    await bench.deliver('press:4', press('cmd:1', 2));
    await bench.store.remove({ partition: 'job#press:4', sort: 'claim' });
    await bench.deliver('press:4', press('cmd:1', 2));
    const texts = reports(bench).map(({ text }) => text);
    expect(texts.length).toBe(2);
    expect(texts[0]).not.toContain('Check again');
    expect(texts[1]).toContain('`U0ANNA` pressed "Check again"');
    // The second answer of the thread is in it, too.
    expect(texts[1]?.match(/asked why/g)?.length).toBe(2);
  });

  test('where the bot is no member, or Slack refuses the file: the line of the command that writes the same', async () => {
    const bench = reportBench();
    bench.slack.refuse = method => (method === 'post' ? 'not_in_channel' : null);
    await bench.deliver('cmd:1', askJobOf(ASKED));
    bench.slack.told.length = 0;
    await bench.deliver('press:2', press('cmd:1', 1));
    const other = reportBench();
    await other.deliver('cmd:1', askJobOf(ASKED));
    other.slack.refuse = method => (method === 'upload' ? 'storage_limit_reached' : null);
    await other.deliver('press:2', press('cmd:1', 1));
    const told = [bench, other].map(({ slack }) => slack.told.map(({ message }) => message.text).join());
    expect(told[0]).toMatch(/not in this channel[\s\S]*egress report cmd:1/);
    expect(told[1]).toMatch(/storage_limit_reached[\s\S]*egress report cmd:1/);
  });

  test('of whoever may not ask does nothing', async () => {
    const bench = reportBench();
    await bench.deliver('cmd:1', askJobOf(ASKED));
    await bench.deliver('press:2', {
      ...press('cmd:1', 1),
      asker: { kind: 'user', team: 'T0TEAM', user: 'U0MALLORY' },
    } as never);
    expect(reports(bench)).toEqual([]);
  });
});

test('in a conversation: asked, pressed twice, and both files are in the thread of a local Slack', async () => {
  const stage = await openStage(async svg => new TextEncoder().encode(svg), withAlways(NOTHING_ATTACHED));
  try {
    const { diagnosis } = await loadStory('runbook-deny-all-egress');
    await stage.ask(diagnosis);
    await stage.press('egress.report');
    await stage.press('egress.report');
    const messages = [...stage.slack.state.messages.values()];
    const files = messages.flatMap(({ threadTs, text, files: [file] }) =>
      file?.name.startsWith('report-') === true ? [{ threadTs, text, file }] : [],
    );
    expect(files.map(({ threadTs }) => threadTs)).toEqual([messages[0]?.ts, messages[0]?.ts]);
    expect(files[0]?.file.name).toMatch(/^report-[\d-]+\.[\w-]+\.md$/);
    const [before = '', after = ''] = files.map(({ file }) => new TextDecoder().decode(file.bytes));
    expect(before).toMatch(/done by a person:\*\* `U0ADA` asked why `default\/firewall-restriction-pod`/);
    expect(before.match(/pressed "Incident report"/g)?.length).toBe(1);
    expect(after.match(/pressed "Incident report"/g)?.length).toBe(2);
    expect(stage.queue.deadLetters()).toEqual([]);
  } finally {
    await stage.close();
  }
});

describe('an incident', () => {
  test('of a pager is found by its name, its address, its thread and its answer', async () => {
    const bench = reportBench();
    await pageIn(bench);
    const root = bench.slack.messages[0];
    const ts = root?.ts ?? '';
    const link = `https://acme.slack.com/archives/${root?.channel}/p${ts.replace('.', '')}`;
    const reply = `https://acme.slack.com/archives/${root?.channel}/p1795258800999999?thread_ts=${ts}&cid=${root?.channel}`;
    const names = [
      'PGR0VU2',
      'https://acme.pagerduty.com/incidents/PGR0VU2',
      'https://acme.pagerduty.com/incidents/PGR0VU2/?utm=x',
      'pagerduty:PGR0VU2:first',
      ` ${link} `,
      reply,
      ts,
      root?.mark?.answerId ?? '',
    ];
    for (const name of names) {
      const report = await reportOf(bench, name);
      expect(report, name).toMatch(
        /Alert `PGR0VU2` of pagerduty came in: firewall-restriction-pod cannot reach google\.com/,
      );
      expect(report, name).toMatch(/`denied-by-policy`/);
    }
  });

  test('that nobody knows: what is kept for how long, and what is known of late', async () => {
    const bench = reportBench();
    expect(await reportOf(bench, 'PNONE')).toMatch(/PNONE[\s\S]*30 days[\s\S]*Nothing was asked in the last week/);
    await pageIn(bench);
    await bench.deliver('cmd:1', askJobOf(ASKED));
    const told = await reportOf(bench, 'PNONE');
    expect(told).toContain(
      'Known of late: "PGR0VU2" (pagerduty), "cmd:1" (default/firewall-restriction-pod google.com)',
    );
    expect(await reportOf(bench, 'https://acme.slack.com/archives/C0ALERTS/p1700000000000000')).toContain(
      'Nothing is known',
    );
    expect(await reportOf(bench, '')).toContain('Nothing is known');
  });

  test('after thirty days is no longer known', async () => {
    const bench = reportBench();
    await pageIn(bench);
    bench.pass(31 * 86_400_000);
    expect(await reportOf(bench, 'PGR0VU2', START_MS + 31 * 86_400_000)).toContain('Nothing is known');
  });

  test('whose fix somebody applied: the next look tells when, and by which field manager', async () => {
    const bench = reportBench();
    await bench.deliver('cmd:1', askJobOf(ASKED));
    const { fix } = diagnosisOf(first);
    if (fix === null) throw new Error('the first bundle has a fix');
    const managedFields = [{ manager: 'kubectl', operation: 'Apply', time: '2026-11-21T11:04:00Z' }];
    const applied = fix.manifests.map(manifest => ({
      ...manifest,
      metadata: { ...(manifest.metadata as object), creationTimestamp: '2026-11-21T11:04:00Z', managedFields },
    }));
    const objects = [...first.collected.objects, ...(applied as unknown as typeof first.collected.objects)];
    const evidence = { ...first, collected: { ...first.collected, objects } };
    const verdict = { ...diagnosisOf(first).verdict, code: 'reachable' as const };
    const diagnosis = { ...diagnosisOf(first), verdict, fix: null, askedAt: '2026-11-21T11:05:00.000Z' };
    Object.assign(bench.work.ports, {
      clusters: { ...bench.work.ports.clusters, diagnose: async () => ({ evidence, diagnosis }) },
    });
    await bench.deliver('press:2', pressJobOf('applied', 'cmd:1'));
    const report = await reportOf(bench, 'cmd:1');
    expect(report).toMatch(/11:04:00Z \([^)]*\) \*\*observed:\*\* The fix was applied, by the field manager `kubectl`/);
    expect(report).toMatch(/The proposed fix is in the cluster: `CiliumNetworkPolicy default\//);
    expect(report).toContain('Seen to have recovered');
  });

  test('that was refused says so, and that nobody looked', async () => {
    const bench = reportBench();
    await bench.deliver('cmd:1', {
      ...askJobOf(ASKED),
      asker: { kind: 'user', team: 'T0TEAM', user: 'U0MALLORY' },
    } as never);
    const report = await reportOf(bench, 'cmd:1');
    expect(report).toMatch(/The question was refused: You may not ask/);
    expect(report).toContain('What the network did: there was no look');
  });
});

test.each([
  ['1795258800.000001', { channel: null, threadTs: '1795258800.000001' }],
  ['https://a.slack.com/archives/C0A/p1795258800000001', { channel: 'C0A', threadTs: '1795258800.000001' }],
  [
    'https://a.slack.com/archives/C0A/p1795258900000001?thread_ts=1795258800.000001&cid=C0A',
    { channel: 'C0A', threadTs: '1795258800.000001' },
  ],
  ['https://acme.pagerduty.com/incidents/PGR0VU2', null],
  ['cmd:1795258800.000001', null],
])('%s as a thread', (text, thread) => {
  expect(threadOf(text)).toEqual(thread);
});

describe('egress report', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'egress-report-'));
  const database = join(folder, 'egress.sqlite');
  const command = fileURLToPath(new URL('../../src/egress.js', import.meta.url));
  beforeAll(async () => {
    // The command's own clock is the machine's: what it reads has to be of today.
    const store = openSqliteStore(database, Date.now);
    const bench = reportBench();
    Object.assign(bench.work.ports, { store, now: Date.now });
    const at = new Date().toISOString();
    const job = askJobOf(ASKED);
    await bench.deliver('cmd:1', job, {
      visibleAgainAtMs: Date.now() + 600_000,
      envelope: { id: 'cmd:1', job, group: 'g', at },
    });
    await store.close();
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const run = async (args: readonly string[]) => {
    const { EGRESS_DATABASE: _database, EGRESS_TABLE: _table, ...env } = process.env;
    try {
      return {
        code: 0,
        ...(await promisify(execFile)(process.execPath, [command, 'report', ...args], { cwd: folder, env })),
      };
    } catch (error) {
      return error as { code: number; stdout: string; stderr: string };
    }
  };

  test('prints the report from the database of the bot, without any cluster', async () => {
    const { code, stdout } = await run(['cmd:1']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^# Incident report: `cmd:1`\n/);
    expect(stdout).toMatch(/\*\*concluded:\*\* `denied-by-policy`/);
  });

  test('ends with 2 for an incident that nobody knows, and for a database that is not there', async () => {
    const unknown = await run(['PNONE']);
    expect([unknown.code, unknown.stdout]).toEqual([2, '']);
    expect(unknown.stderr).toMatch(/Nothing is known of an incident "PNONE"[\s\S]*30 days[\s\S]*cmd:1/);
    const none = await run(['cmd:1', '--database', 'none.sqlite']);
    expect(none.code).toBe(2);
    expect(none.stderr).toContain('There is no database "none.sqlite".');
  });
});
