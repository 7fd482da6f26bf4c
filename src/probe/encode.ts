/**
 * Jobs as lines of words, the only form in which anything of a question reaches a pod. The script reads words as
 * positional arguments and never as code; the checks here are a second wall, and keep words from being read as options.
 */
import type { ProbeJob } from './plan.ts';

const ID = /^[a-z0-9][a-z0-9-]{0,40}$/;
const ADDRESS = /^[0-9a-fA-F][0-9a-fA-F:.]{1,44}$|^::[0-9a-fA-F:.]{0,43}$/;
const NAME = /^[A-Za-z0-9_]([A-Za-z0-9._-]{0,252})$/;
// RFC 3986 section 3.3 and 3.4: what a path and a query may hold, percent-encoded where it is anything else.
const PATH = /^\/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]{0,2047}$/;

/** The line of one job: its id, its kind, and the words that `script-tools.ts` takes for that kind. Throws for a job that `whyNotEncodable` refuses. */
export function encodeJob(job: ProbeJob): string {
  const why = whyNotEncodable(job);
  if (why !== null) throw new Error(`job ${JSON.stringify(job.id)} cannot be sent: ${why}`);
  return jobWords(job).join(' ');
}

/** The lines of all jobs that can be sent, and `end`: what is written to the script's standard input for the second phase. */
export function encodeJobs(jobs: readonly ProbeJob[]): string {
  return `${[...jobs.filter(job => whyNotEncodable(job) === null).map(encodeJob), 'end'].join('\n')}\n`;
}

/** Says why a job would not be sent to a pod, naming the field, or null when it can be. Example: a host of `-x` is refused. */
export function whyNotEncodable(job: ProbeJob): string | null {
  const field = fieldsOf(job).find(([, value, shape]) => !shape.test(value));
  if (field !== undefined) return `its ${field[0]} holds characters that no probe sends`;
  const ports = job.kind === 'dns' ? [] : job.kind === 'proxy' ? [job.port, job.proxy.port] : [job.port];
  return ports.every(port => Number.isInteger(port) && port > 0 && port < 65536) ? null : 'its port is not 1 to 65535';
}

/** Percent-encodes whatever a path may not hold, so that every path that a user can type can be sent. */
export function encodePath(path: string): string {
  const slashed = path.startsWith('/') ? path : `/${path}`;
  return slashed.replace(/[^A-Za-z0-9._~!$&'()*+,;=:@%/?-]/gu, character =>
    character.isWellFormed() ? encodeURIComponent(character) : '%EF%BF%BD',
  );
}

type Field = readonly [name: string, value: string, shape: RegExp];

function fieldsOf(job: ProbeJob): readonly Field[] {
  const id: Field = ['id', job.id, ID];
  switch (job.kind) {
    case 'dns':
      return [id, ['name', job.name, NAME]];
    case 'tcp':
    case 'udp':
      return [id, ['address', job.address, ADDRESS]];
    case 'https':
    case 'http':
      return [
        id,
        ['address', job.address, ADDRESS],
        ['host', job.host, hostShape(job.host)],
        ['path', encodePath(job.path), PATH],
      ];
    case 'proxy':
      return [
        id,
        ['proxy address', job.proxyAddress, ADDRESS],
        ['proxy host', job.proxy.host, hostShape(job.proxy.host)],
        ['host', job.host, hostShape(job.host)],
        ['path', encodePath(job.path), PATH],
      ];
    default:
      return job satisfies never;
  }
}

function hostShape(host: string): RegExp {
  return host.includes(':') ? ADDRESS : NAME;
}

function jobWords(job: ProbeJob): readonly string[] {
  switch (job.kind) {
    case 'dns':
      return [job.id, 'dns', job.name, job.transport.toLowerCase(), job.record];
    case 'tcp':
    case 'udp':
      return [job.id, job.kind, job.address, String(job.port)];
    case 'https':
    case 'http':
      return [job.id, job.kind, job.address, String(job.port), job.host, encodePath(job.path)];
    case 'proxy':
      return [
        job.id,
        'proxy',
        job.application,
        job.proxy.scheme,
        job.proxy.host,
        job.proxyAddress,
        String(job.proxy.port),
        job.host,
        String(job.port),
        encodePath(job.path),
      ];
    default:
      return job satisfies never;
  }
}
