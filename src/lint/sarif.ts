/** A report as SARIF 2.1.0, which code hosts show beside the lines: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html */
import type { Finding, LintReport, NotChecked, RuleId, Severity } from './finding.ts';
import { RULE_TITLES } from './lint.ts';

/** The part of SARIF's object model that is written. Every member name and value is the standard's. */
export type Sarif = {
  readonly $schema: string;
  readonly version: '2.1.0';
  readonly runs: readonly {
    readonly tool: {
      readonly driver: {
        readonly name: string;
        readonly semanticVersion: string;
        readonly rules: readonly { readonly id: RuleId; readonly shortDescription: SarifText }[];
      };
    };
    readonly invocations: readonly {
      readonly executionSuccessful: true;
      readonly toolExecutionNotifications: readonly SarifNotification[];
    }[];
    readonly results: readonly SarifResult[];
  }[];
};

type SarifText = { readonly text: string };

type SarifNotification = {
  readonly level: 'note';
  readonly message: SarifText;
  readonly associatedRule: { readonly id: RuleId; readonly index: number };
};

type SarifResult = {
  readonly ruleId: RuleId;
  readonly ruleIndex: number;
  readonly level: Severity;
  readonly message: SarifText;
  readonly locations: readonly {
    readonly physicalLocation?: {
      readonly artifactLocation: { readonly uri: string };
      readonly region?: { readonly startLine: number };
    };
    readonly logicalLocations: readonly { readonly fullyQualifiedName: string; readonly kind: 'resource' }[];
  }[];
  readonly partialFingerprints: Readonly<Record<string, string>>;
};

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';
const RULE_IDS = Object.keys(RULE_TITLES) as readonly RuleId[];

/** Writes the report. Findings from a cluster have a logical location (the object) and no physical one. */
export function sarifOf(report: LintReport, version: string): Sarif {
  return {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'egress',
            semanticVersion: version,
            rules: RULE_IDS.map(id => ({ id, shortDescription: { text: RULE_TITLES[id] } })),
          },
        },
        invocations: [{ executionSuccessful: true, toolExecutionNotifications: report.notChecked.map(notification) }],
        results: report.findings.map(result),
      },
    ],
  };
}

function result(finding: Finding): SarifResult {
  const { rule, severity, object, place, what, why, fix } = finding;
  const text = [`${object}: ${what}`, why, `Fix: ${fix.text}`, ...(fix.yaml === null ? [] : [fix.yaml])].join('\n');
  const region = place === null || place.line === null ? {} : { region: { startLine: place.line } };
  const physical =
    place === null ? {} : { physicalLocation: { artifactLocation: { uri: uriOf(place.file) }, ...region } };
  return {
    ruleId: rule,
    ruleIndex: RULE_IDS.indexOf(rule),
    level: severity,
    message: { text },
    locations: [{ ...physical, logicalLocations: [{ fullyQualifiedName: object, kind: 'resource' }] }],
    // Without the line: a finding stays the same one when something is written above it.
    partialFingerprints: { 'egressFinding/v1': `${rule} ${object} ${what}` },
  };
}

function notification({ rule, object, why }: NotChecked): SarifNotification {
  return {
    level: 'note',
    message: { text: `Not checked${object === null ? '' : ` for ${object}`}: ${why}` },
    associatedRule: { id: rule, index: RULE_IDS.indexOf(rule) },
  };
}

/** A path as a URI reference: relative where it was, `file:` where it was absolute. */
function uriOf(path: string): string {
  const encoded = path.split('/').map(encodeSegment).join('/');
  return path.startsWith('/') ? `file://${encoded}` : encoded.replace(/^(\.\/)+/, '');
}

function encodeSegment(segment: string): string {
  // A lone surrogate is no text, and the function refuses it by throwing.
  return encodeURIComponent(segment.toWellFormed());
}
