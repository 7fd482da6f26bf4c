/** Writes the goldens of all stories and bundles and README's answer, or the stories named on the command line. Run it on purpose, and read the diff as a user. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONVERSATIONS, openStage, transcriptOf } from './conversation.ts';
import { conversationsToTell } from './conversations.ts';
import { BUNDLE_FILES, demoAnswerOf, demoGoldenOf } from './demo-answers.ts';
import { FOLLOW_UPS, FOLLOWS, tellFollowUp } from './follow.ts';
import { PAGE_STORIES, PAGES, tellPage } from './pages.ts';
import { README, readmeWithAnswer } from './readme.ts';
import { REPORTS, reportOf, STORIES_OF_REPORTS } from './reports.ts';
import { SLACK_GOLDENS, slackGoldensOf } from './slack.ts';
import { goldensOf, HERE, loadStory, STORY_NAMES } from './stories.ts';
import { GRIDS, gridGoldenOf } from './verdict-grid.ts';

const wanted = process.argv.slice(2);
for (const name of STORY_NAMES.filter(story => wanted.length === 0 || wanted.includes(story))) {
  const story = await loadStory(name);
  for (const [file, text] of Object.entries(goldensOf(story))) writeFileSync(join(HERE, name, file), text);
  for (const [file, text] of Object.entries(slackGoldensOf(name, story.diagnosis)))
    writeFileSync(join(SLACK_GOLDENS, file), text);
}
for (const { name, diagnosis, play } of await conversationsToTell()) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const stage = await openStage(async svg => new TextEncoder().encode(svg));
  await play(stage);
  writeFileSync(join(CONVERSATIONS, `${name}.txt`), transcriptOf(stage, diagnosis));
  await stage.close();
}
for (const story of PAGE_STORIES) {
  if (wanted.length > 0 && !wanted.includes(`page-${story.name}`)) continue;
  writeFileSync(join(PAGES, `${story.name}.txt`), (await tellPage(story)).transcript);
}
for (const [name, story] of Object.entries(STORIES_OF_REPORTS)) {
  if (wanted.length > 0 && !wanted.includes(`report-${name}`)) continue;
  writeFileSync(join(REPORTS, `${name}.md`), reportOf(story));
}
for (const story of FOLLOW_UPS) {
  if (wanted.length > 0 && !wanted.includes(`follow-${story.name}`)) continue;
  writeFileSync(join(FOLLOWS, `${story.name}.txt`), await tellFollowUp(story));
}
if (wanted.length === 0) {
  writeFileSync(README, readmeWithAnswer());
  for (const file of BUNDLE_FILES) writeFileSync(demoGoldenOf(file), demoAnswerOf(file));
  for (const [name, text] of Object.entries(GRIDS)) writeFileSync(gridGoldenOf(name), text());
}
