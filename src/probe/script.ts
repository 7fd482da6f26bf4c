/**
 * The one constant script that probes, and the command that runs it.
 *
 *     sh -c SCRIPT egress-probe LIMIT_MS DEADLINE_S JOB...
 *
 * Jobs come as arguments and, after the start, as lines on standard input (`encode.ts`); the line `end`, the end of
 * input or the deadline ends the reading, and the script ends when the jobs that run have ended, each within LIMIT_MS.
 * It prints lines of words separated by one space, each shorter than PIPE_BUF (4,096 bytes) so that jobs that run side
 * by side never mix, and every text from outside encoded, so that no hostile byte can forge a line:
 *
 *     egress-probe 1                                  first line; the number is the protocol's
 *     r JOB RUN PART MORE TOOL CODE MS ENC TEXT       output of one command of a job; a long one comes in parts
 *     n JOB TOOL,TOOL,...                             no tool for this job was found; those that were looked for
 *     d JOB                                           the job has ended: what has not been printed will not be
 *     end                                             last line
 *
 * JOB is the job's id, or a fact of the pod: @resolv, @hosts, @route4, @route6, @status, @tools. RUN counts the commands
 * of a job from 1, PART the parts from 0; MORE is `+` when a part follows, else `.`. CODE is the exit code (124, 137,
 * 143: ended by its time limit; `none`: its output was cut), MS the command's own time. ENC is base64, hex or plain
 * (percent-encoded). TEXT, the last word, may be empty: output and error output together, without response headers.
 */
import { encodeJob, whyNotEncodable } from './encode.ts';
import type { ProbeJob } from './plan.ts';
import { NODE_PROGRAM } from './program-node.ts';
import { PYTHON_PROGRAM } from './program-python.ts';
import { LOOKUP_TOOLS } from './script-dns.ts';
import { FRAME, MAIN_LOOP } from './script-frame.ts';
import { TOOLS } from './script-tools.ts';

/** POSIX sh; runs in dash, bash and busybox ash. Shortened, because it travels in the address of the exec request. */
export const SCRIPT = [
  shorten(FRAME),
  `PY='${shortenProgram(PYTHON_PROGRAM)}'`,
  `JS='${shorten(NODE_PROGRAM)}'`,
  shorten(LOOKUP_TOOLS),
  shorten(TOOLS),
  shorten(MAIN_LOOP),
].join('\n');

/** The limits that the script keeps to. */
export type ProbeOptions = {
  /** Milliseconds for one lookup, one handshake, or one whole chain of tcp, tls and http. */
  readonly timeoutMs: number;
  /** Milliseconds after which the script stops waiting for further jobs, whatever happens to its input. */
  readonly deadlineMs: number;
};

/** The command of one probe process: argv for `pods/exec`. Jobs that cannot be encoded are left out; `read.ts` says why. */
export function probeCommand(jobs: readonly ProbeJob[], options: ProbeOptions): readonly string[] {
  const sendable = jobs.filter(job => whyNotEncodable(job) === null);
  const limit = String(Math.max(200, Math.round(options.timeoutMs)));
  const deadline = String(Math.max(1, Math.ceil(options.deadlineMs / 1000)));
  return ['sh', '-c', SCRIPT, 'egress-probe', limit, deadline, ...sendable.map(encodeJob)];
}

/** Drops comments, blank lines and indentation: no shell or JavaScript here depends on them. */
function shorten(source: string): string {
  return source
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '' && !line.startsWith('# '))
    .join('\n');
}

/** Python keeps its indentation, at one column for each level. */
function shortenProgram(source: string): string {
  return source
    .split('\n')
    .filter(line => line.trim() !== '')
    .map(line => line.replace(/^( {4})+/, indent => ' '.repeat(indent.length / 4)))
    .join('\n');
}
