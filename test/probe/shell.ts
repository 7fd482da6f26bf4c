/** Runs the probe script with tools that do nothing but write down their arguments. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type Shell = { readonly name: string; readonly words: readonly string[] };

/** The POSIX shells of this machine: its sh, bash, and busybox's where it is installed. */
export const SHELLS: readonly Shell[] = [
  { name: 'sh', words: ['/bin/sh'] },
  { name: 'bash', words: ['/bin/bash'] },
  { name: 'busybox', words: ['/bin/busybox', 'sh'] },
].filter(({ words: [program = ''] }) => existsSync(program));

const REAL = ['sleep', 'head', 'base64', 'date'];

export type Bench = {
  /** Folder that a shell would write into if it ran what it is given: the working directory, empty at first. */
  readonly folder: string;
  /** Runs the script; `words` are its arguments behind the time limits, `input` its standard input. */
  readonly run: (shell: Shell, script: string, words: readonly string[], input: string) => Ran;
  /** Folder of the tools, for further ones. */
  readonly bin: string;
  readonly close: () => void;
};

export type Ran = {
  readonly lines: readonly string[];
  /** argv of every call of a recording tool, the tool's name first; without the calls that ask for a version. */
  readonly calls: readonly (readonly string[])[];
};

/** Makes a folder of recording tools; `real` are put beside them as they are. */
export function openBench(recording: readonly string[], real: readonly string[] = ['timeout']): Bench {
  const root = mkdtempSync(join(tmpdir(), 'probe-shell-'));
  const [bin, folder, log] = [join(root, 'bin'), join(root, 'work'), join(root, 'log')];
  for (const path of [bin, folder]) mkdirSync(path);
  for (const name of [...REAL, ...real]) symlinkSync(programOf(name), join(bin, name));
  for (const name of recording) {
    // One write for each call: calls from jobs that run side by side do not mix.
    writeFileSync(join(bin, name), `#!/bin/sh\nprintf '%s\\037' ${name} "$@" '\\036' >>'${log}'\n`);
    chmodSync(join(bin, name), 0o755);
  }
  const run = (shell: Shell, script: string, words: readonly string[], input: string): Ran => {
    rmSync(log, { force: true });
    const [program = 'sh', ...options] = shell.words;
    const argv = [...options, '-c', script, 'egress-probe', '400', '3', ...words];
    const ran = spawnSync(program, argv, { cwd: folder, env: { PATH: bin }, input, encoding: 'utf8', timeout: 15_000 });
    const calls = existsSync(log) ? readFileSync(log, 'utf8').split('\\036\x1f') : [];
    return {
      lines: ran.stdout.split('\n').filter(line => line !== ''),
      calls: calls.map(call => call.split('\x1f').slice(0, -1)).filter(call => call.length > 2),
    };
  };
  return { folder, bin, run, close: () => rmSync(root, { recursive: true, force: true }) };
}

function programOf(name: string): string {
  const found = ['/bin', '/usr/bin'].map(path => join(path, name)).find(path => existsSync(path));
  if (found === undefined) throw new Error(`${name} is not installed`);
  return found;
}
