/** `node test/settings/record.ts`: writes the JSON Schema of the configuration file anew. */
import { writeFileSync } from 'node:fs';
import { SCHEMA_FILE, settingsJsonSchema } from './json-schema.ts';

writeFileSync(SCHEMA_FILE, settingsJsonSchema());
