/** The rights of an identity as lines for a terminal: what is missing first, each with what it costs. Pure. */
import type { AccessReport, RightReport } from '../cluster/access.ts';
import { visibleLine } from '../render/escape.ts';

const ACCOUNTS: readonly { readonly account: RightReport['account']; readonly title: string }[] = [
  { account: 'reader', title: 'Reading' },
  { account: 'prober', title: 'Probing' },
  { account: 'dry-run', title: 'Dry run of a fix' },
  { account: 'bot', title: 'Minting tokens (--as-bot)' },
];

/** Renders the report; ends in a line break. Text that came from the cluster is made visible. */
export function accessText(report: AccessReport): string {
  const user = report.user === null ? 'an identity that the API server does not name' : report.user;
  const lines = [
    visibleLine(
      `${user}${report.asBot ? " (and egress-prober, with the bot's tokens)" : ''} in cluster ${report.cluster} (${report.server})`,
    ),
    visibleLine(`Rights in a pod's namespace were asked for ${report.namespace}; another one is named with -n.`),
    '',
    ...ACCOUNTS.flatMap(({ account, title }) =>
      accountLines(
        title,
        report.rights.filter(right => right.account === account),
      ),
    ),
    ...report.unlistedKinds.map(kind =>
      visibleLine(`This cluster serves ${kind}, which no role of infra/kubernetes knows.`),
    ),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

function accountLines(title: string, rights: readonly RightReport[]): readonly string[] {
  if (rights.length === 0) return [];
  const missing = rights.filter(right => right.allowed !== 'yes');
  const had = rights.length - missing.length;
  const groups = Map.groupBy(missing, right => `${right.allowed} ${placeText(right)} ${right.cost}`);
  return [
    `${title}: ${missing.length === 0 ? `all ${had} rights` : `${had} of ${rights.length} rights`}`,
    ...[...groups.values()].flatMap(missingLines),
    '',
  ];
}

/** Rights that differ in their verb alone, as one. */
function missingLines(rights: readonly RightReport[]): readonly string[] {
  const [first] = rights;
  if (first === undefined) return [];
  const marker = first.allowed === 'no' ? 'may not' : 'not checked:';
  const verbs = rights.map(right => right.verb).join(', ');
  return [
    `  ${visibleLine(`${marker} ${verbs} ${placeText(first)}${first.why === '' ? '' : ` (${first.why})`}`)}`,
    `    ${visibleLine(`without it ${first.cost}`)}`,
  ];
}

/** e.g. `ciliumnetworkpolicies.cilium.io in all namespaces`, `configmaps cilium-config in kube-system`. */
function placeText(right: RightReport): string {
  const resource = right.group === '' ? right.resource : `${right.resource}.${right.group}`;
  const name = right.name === null ? '' : ` ${right.name}`;
  return `${resource}${name} in ${right.namespace ?? 'all namespaces'}`;
}
