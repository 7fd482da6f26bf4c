/**
 * Reads lookups: dig, nslookup (BIND's and busybox's), getent, and the Python and Node programs. Each follows the search
 * path; what counts is the name that got addresses, else the one whose answer a resolver would report.
 */
import type { IpFamily, Outcome } from '../model.ts';
import { connectOutcome, errnoIn } from './errno.ts';
import { type Run, wasStopped } from './read-lines.ts';
import { programLines } from './read-program.ts';
import { notRun } from './steps.ts';

/** One record family over one transport. */
export type Lookup = {
  readonly outcome: Outcome;
  /** Address of the nameserver that answered, or null when no tool named it. */
  readonly nameserver: string | null;
  readonly ms: number;
};

/** What was asked, since most tools do not repeat it. */
export type LookupContext = {
  readonly name: string;
  readonly record: 'A' | 'AAAA';
};

const RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];

/** Reads the runs of one lookup job: busybox's nslookup has one run for each name that was tried. */
export function readLookup(runs: readonly Run[], context: LookupContext): Lookup {
  const last = runs.at(-1);
  if (last === undefined) return { outcome: notRun('no tool for lookups was found'), nameserver: null, ms: 0 };
  switch (last.tool) {
    case 'dig':
      return readDig(last, context);
    case 'nslookup':
      return readNslookup(runs, context);
    case 'getent':
      return readGetent(last, context);
    default:
      return readProgramLookup(last, context);
  }
}

type Answer = { readonly asked: string; readonly rcode: string; readonly addresses: readonly string[] };

/** The answer that a resolver reports for a search: the first with addresses, else the last that existed, else the last. */
function outcomeOf(answers: readonly Answer[], context: LookupContext): Outcome | null {
  const best =
    answers.find(answer => answer.addresses.length > 0) ??
    answers.findLast(answer => answer.rcode === 'NOERROR') ??
    answers.at(-1);
  if (best === undefined) return null;
  if (best.rcode === 'NOERROR' && best.addresses.length === 0)
    return { kind: 'no-records', families: [familyOf(context.record)] };
  return {
    kind: 'resolver-answered',
    rcode: best.rcode,
    asked: best.asked.replace(/\.$/, ''),
    addresses: best.addresses,
  };
}

function familyOf(record: 'A' | 'AAAA'): IpFamily {
  return record === 'A' ? 'IPv4' : 'IPv6';
}

/** What stopped a lookup that got no answer: an error of the network, or silence. */
function unanswered(run: Run, nameserver: string | null): Lookup {
  const errno = errnoIn(run.text);
  const outcome: Outcome =
    errno !== null && errno !== 'ETIMEDOUT'
      ? connectOutcome(errno, { address: nameserver ?? '', route: 'yes', waitedMs: run.ms })
      : wasStopped(run) || /timed out|no servers could be reached|timeout/i.test(run.text)
        ? { kind: 'resolver-timeout', waitedMs: run.ms }
        : notRun(
            `${run.tool} ended with code ${run.code ?? 'unknown'}: ${run.text.trim().slice(0, 200) || 'no message'}`,
          );
  return { outcome, nameserver, ms: run.ms };
}

function readDig(run: Run, context: LookupContext): Lookup {
  const lines = run.text.split('\n');
  const nameserver =
    /^;; SERVER: ([^#\s]+)#/m.exec(run.text)?.[1] ??
    /(?:error to|Connection to) ([0-9a-fA-F.:]+)#/.exec(run.text)?.[1] ??
    null;
  const rcode = /status: ([A-Z]+)/.exec(run.text)?.[1];
  if (rcode === undefined) return unanswered(run, nameserver);
  const asked =
    lines
      .find(line => /^;[^;\s]/.test(line))
      ?.slice(1)
      .split(/\s/)[0] ?? context.name;
  const addresses = lines.flatMap(line => {
    const [, , , type, value] = line.startsWith(';') ? [] : line.split(/\s+/);
    return type === context.record && value !== undefined ? [value] : [];
  });
  const time = /^;; Query time: (\d+) msec/m.exec(run.text)?.[1];
  const outcome = outcomeOf([{ asked, rcode, addresses }], context) ?? notRun('dig printed no answer');
  // dig's own time is of the last query; a lost datagram or a search path shows in the whole.
  return { outcome, nameserver, ms: time === undefined ? run.ms : Math.max(Number(time), run.ms > 1000 ? run.ms : 0) };
}

function readNslookup(runs: readonly Run[], context: LookupContext): Lookup {
  const text = runs.map(run => run.text).join('\n');
  const nameserver = /^Address:\s*([0-9a-fA-F.:]*?)(?:#\d+|:53)?$/m.exec(text)?.[1] || null;
  const ms = runs.reduce((sum, run) => sum + run.ms, 0);
  const last = runs.at(-1);
  const answers = runs.flatMap(run => nslookupAnswer(run, context));
  const found = answers.some(answer => answer.addresses.length > 0);
  const outcome =
    last !== undefined && !found && nslookupAnswer(last, context).length === 0 ? null : outcomeOf(answers, context);
  if (outcome !== null || last === undefined)
    return { outcome: outcome ?? notRun('nslookup did not run'), nameserver, ms };
  return { ...unanswered(last, nameserver), ms };
}

function nslookupAnswer(run: Run, context: LookupContext): readonly Answer[] {
  const asked =
    /^asked (\S+)$/m.exec(run.text)?.[1] ??
    /^Name:\s*(\S+)$/m.exec(run.text)?.[1] ??
    /can't find ([^:\s]+):/.exec(run.text)?.[1] ??
    context.name;
  const answer = run.text.slice(Math.max(0, run.text.search(/^Name:/m)));
  const addresses = /^Name:/m.test(run.text)
    ? [...answer.matchAll(/^Address(?: \d+)?:\s*([0-9a-fA-F.:]+)/gm)]
        .map(match => match[1] ?? '')
        .filter(address => address.includes(':') === (context.record === 'AAAA'))
    : [];
  if (addresses.length > 0) return [{ asked, rcode: 'NOERROR', addresses }];
  const rcode = /can't find [^:\s]+: ([A-Z]{4,})/.exec(run.text)?.[1];
  if (rcode !== undefined) return [{ asked, rcode, addresses: [] }];
  // BIND: "*** Can't find NAME: No answer"; busybox says no more than who was asked.
  const empty = /No answer/i.test(run.text) || (run.code === 0 && /^Server:/m.test(run.text));
  return empty ? [{ asked, rcode: 'NOERROR', addresses: [] }] : [];
}

/** getent shows no response code: a name that it does not find may not exist, or have no address of this family. */
function readGetent(run: Run, context: LookupContext): Lookup {
  const six = context.record === 'AAAA';
  const columns = run.text.split('\n').map(line => line.trim().split(/\s+/));
  const addresses = [...new Set(columns.map(([address = '']) => address))].filter(
    address => /^[0-9a-fA-F.:]+$/.test(address) && address.includes(':') === six && !/^::ffff:/i.test(address),
  );
  const base = { nameserver: null, ms: run.ms };
  if (addresses.length > 0)
    return { ...base, outcome: { kind: 'resolver-answered', rcode: 'NOERROR', asked: context.name, addresses } };
  if (wasStopped(run)) return { ...base, outcome: { kind: 'resolver-timeout', waitedMs: run.ms } };
  if (run.code === 0) return { ...base, outcome: { kind: 'no-records', families: [familyOf(context.record)] } };
  if (run.code === 2)
    return {
      ...base,
      outcome: { kind: 'resolver-answered', rcode: 'not shown by getent', asked: context.name, addresses: [] },
    };
  return unanswered(run, null);
}

function readProgramLookup(run: Run, context: LookupContext): Lookup {
  const lines = programLines(run.text).filter(line => line.layer === 'dns');
  const answers = lines
    .filter(line => line.kind === 'answered')
    .map(line => ({
      asked: line.text.asked ?? context.name,
      rcode: RCODES[line.rcode] ?? `RCODE${line.rcode}`,
      addresses: line.addresses,
    }));
  const nameserver = lines.findLast(line => line.text.server !== undefined)?.text.server ?? null;
  const ms = lines.reduce((sum, line) => sum + line.ms, 0) || run.ms;
  const trouble = lines.find(line => line.kind === 'timeout' || line.kind === 'errno');
  if (answers.some(answer => answer.addresses.length > 0) || (trouble === undefined && !wasStopped(run))) {
    return { outcome: outcomeOf(answers, context) ?? notRun(`${run.tool} printed no answer`), nameserver, ms };
  }
  const errno = trouble?.text.errno;
  const outcome: Outcome =
    errno !== undefined && errno !== 'ETIMEDOUT'
      ? connectOutcome(errno, { address: nameserver ?? '', route: 'yes', waitedMs: Math.round(ms) })
      : programLines(run.text).length === 0
        ? notRun(`${run.tool} did not start in time`)
        : { kind: 'resolver-timeout', waitedMs: Math.round(ms) };
  return { outcome, nameserver, ms };
}
