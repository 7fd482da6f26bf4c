/** The shape of the `paging` part of the configuration file. */
import * as z from 'zod/mini';

const described = <Schema extends z.ZodMiniType>(schema: Schema, description: string): Schema =>
  schema.check(z.describe(description)) as Schema;

const text = (pattern: RegExp, description: string): z.ZodMiniString =>
  described(z.string().check(z.regex(pattern)), description);

/** EGRESS_ names are settings of our own, and repeated in messages. */
const variable = text(
  /^(?!EGRESS_)[A-Z][A-Z0-9_]{0,127}$/,
  'Name of the environment variable with the secret; not one that begins with EGRESS_.',
);
const variables = z.array(variable).check(z.minLength(1));
const channel = text(/^[CG][A-Z0-9]+$/, 'Id of a Slack channel, as at the end of its link.');
const glob = text(/^[^\n]{1,300}$/, 'A text, or a pattern with *.');

/** Longer ones are no templates, and take long to match. */
const MOST_CHARACTERS = 300;

const template = text(
  /^(?:[^{}\n]|\{(?:labels|annotations)\.[^{}\n]{1,100}\}|\{text\.(?:pod|namespace|host|cluster|channel)\}|\{(?:service|title)\})+$/,
  'A text with places for what an alert has: {labels.NAME}, {annotations.NAME}, {text.pod} (found by `find`), {service}, {title}.',
).check(z.maxLength(MOST_CHARACTERS));
const templates = z._default(z.array(template).check(z.maxLength(10)), []);
const someTemplates = z.array(template).check(z.minLength(1), z.maxLength(10));

const pattern = text(
  /^(?:[^{}\n]|\{(?:pod|namespace|host|cluster|channel)\})+$/,
  'A text with * for anything and the places {pod}, {namespace}, {host}, {cluster}, {channel} for one word each.',
).check(z.maxLength(MOST_CHARACTERS));

const httpAuth = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('bearer'), tokens: variables }),
  z.strictObject({
    kind: z.literal('basic'),
    user: text(/^[^:\n]{1,200}$/, 'A user name; it has no colon.'),
    passwords: variables,
  }),
]);

const source = z.enum(['pagerduty', 'alertmanager', 'grafana', 'sns']);

const rule = z.strictObject({
  name: text(/^[^\n]{1,100}$/, 'What people call it; reasons name it.'),
  when: z._default(
    z.strictObject({
      sources: z._default(z.array(source), []),
      service: z._default(z.nullable(glob), null),
      labels: z._default(z.record(z.string(), glob), {}),
      text: z._default(z.nullable(glob), null),
    }),
    { sources: [], service: null, labels: {}, text: null },
  ),
  find: z._default(z.array(pattern).check(z.maxLength(10)), []),
  pod: someTemplates,
  host: someTemplates,
  namespace: templates,
  cluster: templates,
  channel: templates,
});

/** Secrets go there: plain http only on this machine. */
const secureUrl = text(
  /^(?:https:\/\/|http:\/\/(?:localhost|127\.0\.0\.1)(?=[:/]))[^\s?#]{1,500}$/,
  'An https address without query.',
);

const target = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('pagerduty'),
    notes: z._default(
      z.nullable(z.strictObject({ token: variable, from: text(/^[^\s@]{1,100}@[^\s@]{1,200}$/, 'A mail address.') })),
      null,
    ),
    routingKey: z._default(z.nullable(variable), null),
    apiUrl: z._default(secureUrl, 'https://api.pagerduty.com'),
    eventsUrl: z._default(secureUrl, 'https://events.pagerduty.com'),
  }),
  z.strictObject({
    kind: z.literal('opsgenie'),
    apiKey: variable,
    apiUrl: z._default(secureUrl, 'https://api.opsgenie.com'),
  }),
  z.strictObject({ kind: z.literal('webhook'), url: secureUrl, secret: variable }),
]);

/** The part; absent where there is no pager. Keys that are not known are refused. */
export const pagingSchema = z.strictObject({
  sources: described(
    z.strictObject({
      pagerduty: z.optional(z.strictObject({ secrets: variables })),
      alertmanager: z.optional(httpAuth),
      grafana: z.optional(httpAuth),
      sns: z.optional(
        z.strictObject({
          topics: z
            .array(
              text(/^arn:aws[a-z-]*:sns:[a-z0-9-]{1,30}:\d{12}:[A-Za-z0-9_-]{1,256}(?:\.fifo)?$/, 'ARN of a topic.'),
            )
            .check(z.minLength(1)),
        }),
      ),
    }),
    'Who may send alerts; a source that is left out is refused.',
  ),
  channel: described(channel, 'Where answers go when no rule finds another channel.'),
  windowSeconds: described(
    z._default(z.int().check(z.minimum(60), z.maximum(86_400)), 900),
    'Alerts about one cause within so many seconds get one answer.',
  ),
  follow: described(
    z._default(z.boolean(), false),
    'Follow the flow of an alert until it recovers, without anybody pressing a button.',
  ),
  others: described(
    z._default(z.enum(['log', 'answer']), 'log'),
    'Alerts that no rule is for: noted in the audit log, or answered in their incident with the reason.',
  ),
  rules: described(
    z.array(rule).check(z.minLength(1)),
    'Which alerts are egress questions, and how pod and host are found in them. The first rule that is for an alert counts.',
  ),
  targets: described(z._default(z.array(target), []), 'Where answers and pages go beside Slack.'),
});
