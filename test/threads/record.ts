/** Writes the goldens of all stories and bundles and README's answer, or the stories named on the command line. Run it on purpose, and read the diff as a user. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUNDLE_FILES, demoAnswerOf, demoGoldenOf } from './demo-answers.ts';
import { README, readmeWithAnswer } from './readme.ts';
import { goldensOf, HERE, loadStory, STORY_NAMES } from './stories.ts';

const wanted = process.argv.slice(2);
for (const name of STORY_NAMES.filter(story => wanted.length === 0 || wanted.includes(story))) {
  for (const [file, text] of Object.entries(goldensOf(await loadStory(name))))
    writeFileSync(join(HERE, name, file), text);
}
if (wanted.length === 0) {
  writeFileSync(README, readmeWithAnswer());
  for (const file of BUNDLE_FILES) writeFileSync(demoGoldenOf(file), demoAnswerOf(file));
}
