/**
 * A report as JUnit XML, which every CI shows as tests: one suite for each rule, one failed case for each finding.
 * There is no standard; what is written is what Jenkins, GitLab and GitHub's readers agree on
 * (https://github.com/testmoapp/junitxml).
 */
import type { Finding, LintReport, NotChecked, RuleId } from './finding.ts';
import { isSerious, RULE_TITLES } from './lint.ts';

/** Writes the report. Notes pass, with their text as output; what was not checked is skipped; a rule without either passes. */
export function junitOf(report: LintReport): string {
  const suites = (Object.keys(RULE_TITLES) as readonly RuleId[]).map(rule => suiteOf(rule, report));
  const cases = suites.flatMap(suite => suite.cases);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="egress lint" ${countsOf(cases)}>`,
    ...suites.flatMap(({ rule, cases: own }) => [
      `  <testsuite ${attribute('name', `${rule}: ${RULE_TITLES[rule]}`)} ${countsOf(own)}>`,
      ...own.flatMap(caseLines),
      '  </testsuite>',
    ]),
    '</testsuites>',
    '',
  ].join('\n');
}

type Case =
  | { readonly kind: 'passed'; readonly rule: RuleId }
  | { readonly kind: 'found'; readonly finding: Finding }
  | { readonly kind: 'skipped'; readonly skipped: NotChecked };

function suiteOf(rule: RuleId, report: LintReport): { readonly rule: RuleId; readonly cases: readonly Case[] } {
  const cases: readonly Case[] = [
    ...report.findings.filter(each => each.rule === rule).map((finding): Case => ({ kind: 'found', finding })),
    ...report.notChecked.filter(each => each.rule === rule).map((skipped): Case => ({ kind: 'skipped', skipped })),
  ];
  return { rule, cases: cases.length === 0 ? [{ kind: 'passed', rule }] : cases };
}

function countsOf(cases: readonly Case[]): string {
  const failures = cases.filter(each => each.kind === 'found' && isSerious(each.finding)).length;
  const skipped = cases.filter(({ kind }) => kind === 'skipped').length;
  return `tests="${cases.length}" failures="${failures}" errors="0" skipped="${skipped}"`;
}

function caseLines(each: Case): readonly string[] {
  switch (each.kind) {
    case 'passed':
      return [`    <testcase ${attribute('name', RULE_TITLES[each.rule])} ${attribute('classname', each.rule)}/>`];
    case 'skipped': {
      const { rule, object, why } = each.skipped;
      const open = `    <testcase ${attribute('name', object ?? RULE_TITLES[rule])} ${attribute('classname', rule)}>`;
      return [open, `      <skipped ${attribute('message', why)}/>`, '    </testcase>'];
    }
    case 'found':
      return foundLines(each.finding);
    default:
      return each satisfies never;
  }
}

function foundLines(finding: Finding): readonly string[] {
  const { rule, severity, object, place, what, why, fix } = finding;
  const where =
    place === null
      ? ''
      : ` ${attribute('file', place.file)}${place.line === null ? '' : ` ${attribute('line', String(place.line))}`}`;
  const text = [what, why, `Fix: ${fix.text}`, ...(fix.yaml === null ? [] : [fix.yaml])].join('\n');
  const inside = isSerious(finding)
    ? `<failure ${attribute('type', severity)} ${attribute('message', what)}>${escapeXml(text)}</failure>`
    : `<system-out>${escapeXml(`note: ${text}`)}</system-out>`;
  const name = `${object}: ${what}`;
  return [
    `    <testcase ${attribute('name', name)} ${attribute('classname', rule)}${where}>`,
    `      ${inside}`,
    '    </testcase>',
  ];
}

function attribute(name: string, value: string): string {
  return `${name}="${escapeXml(value).replaceAll('\n', '&#10;').replaceAll('\t', '&#9;')}"`;
}

/** What XML 1.0 cannot hold, even escaped, becomes U+FFFD: https://www.w3.org/TR/xml/#charsets */
function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
