/** README's answer is a real one: what the demo's first story says, as a terminal of 80 columns shows it. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readBundle } from '../../src/commands/bundle.ts';
import { diagnosisText } from '../../src/commands/output.ts';
import { concludeDiagnosis } from '../../src/diagnose/conclude.ts';

export const README = fileURLToPath(new URL('../../README.md', import.meta.url));
const STORY = fileURLToPath(new URL('../../src/demo/01-deny-all-egress.json', import.meta.url));

/** README as it should be: the first console block replaced by the story's command and answer. */
export function readmeWithAnswer(): string {
  const diagnosis = concludeDiagnosis(readBundle(STORY));
  const answer = diagnosisText(diagnosis, 'terminal', { columns: 80 }, {});
  const { question } = diagnosis;
  const block = `\`\`\`console\n$ egress diagnose ${question.pod.text} ${question.destination.text}\n${answer.trimEnd()}\n\`\`\``;
  const readme = readFileSync(README, 'utf8');
  // A function, because an answer may hold `$&`.
  return readme.replace(/```console\n[\s\S]*?\n```/, () => block);
}
