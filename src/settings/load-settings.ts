/** The configuration file that EGRESS_CONFIG names -> Settings. */
import { readFileSync } from 'node:fs';
import { shown } from '../hostname.ts';
import { readSettings, type SettingsReading } from './read-settings.ts';

/** Reads the file once; `file` is the variable's value. A file that is not named or cannot be read is a fault like any other. */
export function loadSettings(file: string | undefined): SettingsReading {
  if (!file) {
    return unreadable(
      'The variable EGRESS_CONFIG is not set.',
      'It names the file that says who may ask about which cluster, and by default nobody may.',
    );
  }
  try {
    return readSettings(readFileSync(file, 'utf8'));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    return unreadable(`The configuration file ${shown(file)} could not be read.`, `The system says ${code}.`);
  }
}

function unreadable(what: string, cause: string): SettingsReading {
  const remedy = 'Set it to the path of a file like infra/egress.config.example.yaml.';
  return { kind: 'faults', faults: [{ code: 'bad-config', what, cause, remedy }] };
}
