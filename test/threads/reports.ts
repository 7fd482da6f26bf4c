/** Incidents as they are told afterwards: what was kept of each, and the report that a post-mortem begins with. */
import { join } from 'node:path';
import { loadTemplates } from '../../src/commands/templates.ts';
import type { Diagnosis } from '../../src/model.ts';
import type { Asker } from '../../src/queue/job.ts';
import { renderIncidentReport } from '../../src/render/timeline/incident-report.ts';
import type { Story, StoryFact } from '../../src/render/timeline/story.ts';
import { HERE, loadStory } from './stories.ts';

export const REPORTS = join(HERE, 'incidents');

const templates = loadTemplates();
const ADA: Asker = { kind: 'user', team: 'T0TEAM', user: 'U0ADA' };
const PAGER: Asker = { kind: 'system', name: 'pagerduty' };
const { diagnosis: denied } = await loadStory('runbook-deny-all-egress');
const { diagnosis: beyond } = await loadStory('blocked-beyond-node');

const at = (clock: string): string => `2026-11-21T${clock}.000Z`;
const reachable: Diagnosis = {
  ...denied,
  fix: null,
  verdict: {
    ...denied.verdict,
    code: 'reachable',
    cause: { ...denied.verdict.cause, policies: [], summary: 'firewall-restriction-pod gets through to google.com' },
  },
};
const alert = (key: string, clock: string, title: string): StoryFact => ({
  kind: 'alert',
  at: at(clock),
  source: 'pagerduty',
  key,
  title,
  startedAt: at('10:58:27'),
});
const asked = (by: Asker, clock: string, answerId: string, { target, question } = denied): StoryFact => ({
  kind: 'asked',
  at: at(clock),
  by,
  answerId,
  pod: `${target.namespace}/${target.pod}`,
  host: question.destination.text,
  cluster: question.cluster,
  channel: 'C0INCIDENTS',
});
const looked = (diagnosis: Diagnosis, clock: string): StoryFact => ({
  kind: 'looked',
  at: at(clock),
  diagnosis,
  isShared: false,
});
const followed = (
  look: number,
  clock: string,
  result: 'good' | 'blocked' | 'unknown',
  changed: string | null = null,
): StoryFact => ({
  kind: 'follow-looked',
  at: at(clock),
  look,
  result,
  verdict: result === 'blocked' ? 'denied-by-policy' : result === 'good' ? 'reachable' : null,
  policies: result === 'blocked' ? ['NetworkPolicy default/deny-all-egress'] : [],
  changed,
});

/** Name of the golden -> what was kept. */
export const STORIES_OF_REPORTS: Readonly<Record<string, Story>> = {
  'from-alert-to-recovery': {
    incident: 'PGR0VU2',
    facts: [
      alert('PGR0VU2', '11:00:00', 'firewall-restriction-pod cannot reach google.com'),
      asked(PAGER, '11:00:00', 'page:1'),
      looked(denied, '11:00:08'),
      {
        kind: 'noted',
        at: at('11:00:09'),
        target: 'pagerduty',
        incident: 'PGR0VU2',
        about: 'answer',
        refusedBecause: null,
      },
      { kind: 'pressed', at: at('11:02:00'), by: ADA, action: 'followAndPage' },
      { kind: 'follow-began', at: at('11:02:01'), by: ADA, until: at('13:02:01'), pages: true },
      followed(1, '11:03:02', 'blocked'),
      followed(2, '11:05:02', 'unknown', 'the cluster did not answer within 10 s'),
      { kind: 'pressed', at: at('11:06:00'), by: ADA, action: 'page' },
      { kind: 'paged', at: at('11:06:01'), by: ADA },
      {
        kind: 'fix-seen',
        at: at('11:10:02'),
        objects: ['CiliumNetworkPolicy default/allow-firewall-restriction-pod-to-google-com'],
        by: 'kubectl-client-side-apply',
        changedAt: at('11:08:40'),
      },
      followed(3, '11:10:02', 'good'),
      followed(4, '11:11:02', 'good'),
      { kind: 'follow-ended', at: at('11:11:02'), how: 'recovered', by: null, why: null },
      { kind: 'page-ended', at: at('11:11:03'), how: 'resolved' },
      {
        kind: 'noted',
        at: at('11:11:03'),
        target: 'pagerduty',
        incident: 'PGR0VU2',
        about: 'follow-x',
        refusedBecause: null,
      },
      { kind: 'resolved', at: at('11:12:00'), source: 'pagerduty', incident: 'PGR0VU2' },
      { kind: 'pressed', at: at('11:30:00'), by: ADA, action: 'report' },
    ],
  },
  'asked-by-hand-and-open': {
    incident: 'cmd:1',
    facts: [
      asked(ADA, '11:00:00', 'cmd:1', beyond),
      looked(beyond, '11:00:06'),
      { kind: 'pressed', at: at('11:20:00'), by: ADA, action: 'again' },
      asked(ADA, '11:20:00', 'press:2', beyond),
      { kind: 'no-answer', at: at('11:20:00'), how: 'failed', why: 'The cluster did not answer within 110 s.' },
    ],
  },
  'mended-by-somebody': {
    incident: 'https://acme.slack.com/archives/C0INCIDENTS/p1795258800000001',
    facts: [
      asked(ADA, '11:00:00', 'cmd:1'),
      looked(denied, '11:00:08'),
      {
        kind: 'fix-seen',
        at: at('11:20:05'),
        objects: ['NetworkPolicy default/allow-google'],
        by: null,
        changedAt: at('11:15:00'),
      },
      asked(ADA, '11:20:00', 'press:2'),
      looked(reachable, '11:20:05'),
    ],
  },
  storm: {
    incident: 'P0',
    facts: [
      ...Array.from({ length: 30 }, (_, index) =>
        alert(`P${index}`, `11:00:${String(index).padStart(2, '0')}`, index === 0 ? 'web times out to google.com' : ''),
      ),
      asked(PAGER, '11:00:00', 'page:1'),
      looked(denied, '11:00:08'),
      ...Array.from(
        { length: 30 },
        (_, index): StoryFact => ({
          kind: 'noted',
          at: at(`11:01:${String(index).padStart(2, '0')}`),
          target: 'pagerduty',
          incident: `P${index}`,
          about: 'answer',
          refusedBecause: index === 3 ? '404 no such incident' : null,
        }),
      ),
    ],
  },
  'nothing-kept': { incident: 'P1', facts: [] },
};

export function reportOf(story: Story): string {
  return renderIncidentReport(story, templates, { writtenAt: at('12:00:00') });
}
