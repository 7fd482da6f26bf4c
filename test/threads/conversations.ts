/** The conversations that are told: the first story of each verdict code, and one in which a button is pressed. */
import type { Diagnosis } from '../../src/model.ts';
import type { Stage } from './conversation.ts';
import { loadStory, STORY_NAMES } from './stories.ts';

/** `name`: of its golden. `play`: what people do. */
export type Conversation = {
  readonly name: string;
  readonly diagnosis: Diagnosis;
  readonly play: (stage: Stage) => Promise<void>;
};

/** All of them, in alphabetical order of the codes, the pressed one last. */
export async function conversationsToTell(): Promise<readonly Conversation[]> {
  const stories = await Promise.all(STORY_NAMES.map(loadStory));
  const byCode = Map.groupBy(stories, story => story.diagnosis.verdict.code);
  const plain = [...byCode].map(([code, [story]]): Conversation => {
    if (story === undefined) throw new Error(`no story of ${code}`);
    return { name: code, diagnosis: story.diagnosis, play: stage => stage.ask(story.diagnosis) };
  });
  const denied = plain.find(({ name }) => name === 'denied-by-policy');
  if (denied === undefined) throw new Error('no story is denied by policy');
  const again: Conversation = {
    ...denied,
    name: 'check-again',
    play: async stage => {
      await stage.ask(denied.diagnosis);
      await stage.press('egress.again');
    },
  };
  return [...plain.toSorted((a, b) => (a.name < b.name ? -1 : 1)), again];
}
