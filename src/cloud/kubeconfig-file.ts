/** Kubeconfigs where only this process reads them, since Kubernetes clients read files. */
import { createHash } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let folder: string | null = null;

/** Writes the text to a file (mode 600) and returns its path: the same one for the same name. */
export function writeKubeconfigFile(name: string, text: string): string {
  folder ??= mkdtempSync(join(tmpdir(), 'egress-'));
  // A name may be an ARN, and two may differ in what no file name has.
  const file = join(folder, `kubeconfig-${createHash('sha256').update(name).digest('hex').slice(0, 16)}`);
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}
