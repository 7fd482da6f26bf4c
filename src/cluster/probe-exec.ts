/**
 * Runs a shell script in a container without putting it into the address of the request. An exec's command travels in
 * the URL, and the probe script would make that 40 kB long: API servers take it, proxies before them often stop at 8 kB, and
 * audit logs would hold it for every probe. So the command is a short loader, and the script comes first on its input.
 */
import type { ApiClient } from './client.ts';
import { type ExecPlace, openExec } from './exec.ts';
import type { ProbeStream, StreamRequest } from './probe-stream.ts';

/** The line that ends the script; no line of a script may be this. */
const END_OF_SCRIPT = '#egress-end-of-script';

/** Constant: reads lines up to the mark and runs them in this same shell, with the same arguments and the same input. */
const LOADER = `s=
while IFS= read -r l; do
case $l in '${END_OF_SCRIPT}') break ;; esac
s=$s$l'
'
done
eval "$s"`;

/** Starts `sh -c SCRIPT NAME ARG...`; any other command runs as it is. */
export function openProbe(client: ApiClient, place: ExecPlace, request: StreamRequest): ProbeStream {
  const [shell, flag, script, ...rest] = request.command;
  if (shell !== 'sh' || flag !== '-c' || script === undefined) return openExec(client, place, request);
  const stream = openExec(client, place, { ...request, command: [shell, flag, LOADER, ...rest] });
  stream.send(`${script}\n${END_OF_SCRIPT}\n`);
  return stream;
}
