import { toJSONSchema } from 'zod/mini';
import { settingsSchema } from '../../src/settings/schema.ts';

/** Where the checked-in schema is. */
export const SCHEMA_FILE = new URL('../../src/settings/settings.schema.json', import.meta.url);

/** The JSON Schema of the configuration file, for editors, as the reader's own schema has it. */
export function settingsJsonSchema(): string {
  const schema = { title: 'Configuration of the egress bot', ...toJSONSchema(settingsSchema, { io: 'input' }) };
  return `${JSON.stringify(schema, null, 2)}\n`;
}
