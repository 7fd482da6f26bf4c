/** The rights of an identity in a few lines each way: what there is room for in a chat. Pure. */
import type { AccessReport, RightReport } from './access.ts';

/** What it may do and what not, one line each; of what it may not, with what that costs. */
export type RightLines = { readonly may: readonly string[]; readonly mayNot: readonly string[] };

const DOINGS: Readonly<Record<RightReport['account'], string>> = {
  reader: 'read what a verdict needs',
  prober: 'probe',
  'dry-run': 'try a fix as a server dry run',
  bot: 'mint tokens of its accounts',
};

/** Sums up each account; every missing right has a line of its own. What could not be checked counts as missing, and says so. */
export function rightLines({ rights, namespace }: AccessReport): RightLines {
  const accounts = Object.keys(DOINGS) as RightReport['account'][];
  const may = accounts.flatMap(account => {
    const own = rights.filter(right => right.account === account);
    const had = own.filter(right => right.allowed === 'yes');
    if (had.length === 0) return [];
    const where = account === 'prober' || account === 'dry-run' ? ` in ${namespace}` : '';
    return [`${DOINGS[account]}${where} (${had.length} of ${own.length} rights)`];
  });
  const missing = rights.filter(right => right.allowed !== 'yes');
  return { may, mayNot: missing.map(missingLine) };
}

function missingLine({ verb, resource, group, namespace, allowed, cost }: RightReport): string {
  const what = `${verb} ${group === '' ? resource : `${resource}.${group}`} in ${namespace ?? 'all namespaces'}`;
  return `${what}${allowed === 'not checked' ? ' (not checked)' : ''}: without it ${cost}`;
}
