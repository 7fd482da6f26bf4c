/** Somebody presses Incident report: the timeline becomes a file in the thread. `pressJob` has checked that the person may. */
import { renderFault, renderStale } from '../render/slack/notices.ts';
import { renderIncidentReport } from '../render/timeline/incident-report.ts';
import type { Story } from '../render/timeline/story.ts';
import { timeText } from '../render/words.ts';
import type { Message } from '../slack/api.ts';
import { markedName } from '../slack/file-mark.ts';
import { storyOf } from './read-story.ts';
import { openAnswer, readAnswer } from './records.ts';
import { tellAsker } from './tell.ts';
import { openThread } from './thread.ts';
import { DONE, type HandleJob } from './work.ts';

/** Uploads it. The button is never used up: the story grows, and each press writes it down as it then is. */
export const reportPress: HandleJob<'press'> = async (work, delivery, job) => {
  const { store, now } = work.ports;
  const tell = async (message: Message) => {
    await tellAsker(work.ports, job, message);
    return DONE;
  };
  const record = await readAnswer(store, job.value);
  if (record === null) return tell(renderStale());
  if (record.way === 'response-url')
    return tell(renderFault(byCommand(record.answerId, 'The bot is not in this channel, and files need a member.')));
  const writtenAt = new Date(now()).toISOString();
  const story = await storyOf(store, record.answerId, [record.answerId]);
  const report = renderIncidentReport(named(story), work.templates, { writtenAt });
  const part = `report-${job.actionTs.replaceAll('.', '-')}`;
  const thread = openThread(work.ports, await openAnswer(store, record), () => {
    if (now() >= delivery.visibleAgainAtMs) throw new Error(`the lease of ${delivery.envelope.id} is over`);
  });
  const sent = await thread.attach(
    part,
    {
      filename: markedName({ answerId: record.answerId, part }, 'md'),
      title: `incident-report.md: the timeline until ${timeText(writtenAt)}`,
      altText: null,
      bytes: new TextEncoder().encode(report),
    },
    'The incident as a timeline, from what was kept. Press again later for what came since.',
  );
  return sent.kind === 'sent' ? DONE : tell(renderFault(byCommand(record.answerId, `Slack says ${sent.error}.`)));
};

/** By its alert, where there is one: that is what people call it. */
function named(story: Story): Story {
  const alert = story.facts.find(fact => fact.kind === 'alert');
  return alert === undefined ? story : { ...story, incident: alert.key };
}

function byCommand(answerId: string, cause: string) {
  return {
    what: 'The report could not be uploaded.',
    cause,
    remedy: `Where the bot runs, this line writes the same: egress report ${answerId}`,
  };
}
