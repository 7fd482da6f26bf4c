/** What is said of a question that gets no answer: what was asked stays in it, since it may replace the message that said so. */
import type { Fault } from '../faults.ts';
import { renderChoices, renderFailure } from '../render/slack/notices.ts';
import type { Message } from '../slack/api.ts';
import { subjectOf } from './progress-steps.ts';
import type { AnswerRecord } from './records.ts';

/** Asks back where several pods may be meant, else says why there is no answer. `reference`: the job's id. */
export function failureMessage(
  { answerId, asked, question }: AnswerRecord,
  fault: Omit<Fault, 'code'>,
  reference: string,
): Message {
  const about = { pod: subjectOf(asked), host: asked.host, cluster: question?.cluster ?? asked.cluster };
  if (fault.choices === undefined || fault.choices.length === 0) return renderFailure({ ...fault, about, reference });
  const pods = fault.choices.map(({ namespace, pod }) => `${namespace}/${pod}`);
  return renderChoices({ answerId, about, pods });
}
