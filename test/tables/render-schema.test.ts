/** The checked-in JSON Schema is what the types say, and answers keep to it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { createGenerator } from 'ts-json-schema-generator';
import { describe, expect, it } from 'vitest';
import { loadStory, STORY_NAMES } from '../threads/stories.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const checkedIn: Record<string, unknown> = JSON.parse(readFileSync(join(ROOT, 'src', 'diagnosis.schema.json'), 'utf8'));
const validate = new Ajv({ allowUnionTypes: true }).compile(checkedIn);

it('the schema is up to date with the types (npm run schema)', () => {
  const path = join(ROOT, 'src', 'model.ts');
  const fresh = createGenerator({ path, type: 'Diagnosis', tsconfig: join(ROOT, 'tsconfig.json') }).createSchema(
    'Diagnosis',
  );
  expect(checkedIn).toEqual(JSON.parse(JSON.stringify(fresh)));
}, 30_000);

describe.each(STORY_NAMES)('%s', name => {
  it('keeps to the schema, also as printed', async () => {
    const { diagnosis } = await loadStory(name);
    expect(validate(JSON.parse(JSON.stringify(diagnosis))), JSON.stringify(validate.errors)).toBe(true);
  });
});

it('refuses a word that is no verdict code, and an answer without its question', async () => {
  const { diagnosis } = await loadStory('not-known');
  expect(validate({ ...diagnosis, verdict: { ...diagnosis.verdict, code: 'probably-fine' } })).toBe(false);
  const { question: _, ...rest } = diagnosis;
  expect(validate(rest)).toBe(false);
});
