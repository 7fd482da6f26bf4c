/** The shape of the configuration file. Everything but the shape (names that must exist, ...) is in `cross-check.ts`. */
import * as z from 'zod/mini';
import { followUpSchema } from './follow-up-schema.ts';
import { pagingSchema } from './paging-schema.ts';
import type { Settings } from './settings.ts';
import { watchSchema } from './watch-schema.ts';

const described = <Schema extends z.ZodMiniType>(schema: Schema, description: string): Schema =>
  schema.check(z.describe(description)) as Schema;

const id = (pattern: RegExp, description: string): z.ZodMiniString =>
  described(z.string().check(z.regex(pattern)), description);

/** A name of a namespace, or a pattern of such names. */
const namespace = id(/^[a-z0-9*]([a-z0-9*-]{0,61}[a-z0-9*])?$/, 'A namespace, or a pattern with *, as in team-*.');
const clusterName = id(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/, 'Name of a cluster, as people type it.');
const someNamespaces = z.array(namespace).check(z.minLength(1));
const filled = z.string().check(z.minLength(1));

const access = z.discriminatedUnion('kind', [
  described(
    z.strictObject({
      kind: z.literal('kubeconfig'),
      context: z._default(z.nullable(filled), null),
      asBot: z._default(z.boolean(), true),
    }),
    "A context of KUBECONFIG (null: the current one). asBot false asks with the file's own rights instead of the bot's.",
  ),
  described(z.strictObject({ kind: z.literal('in-cluster') }), 'The cluster that the bot runs in.'),
  described(
    z.strictObject({ kind: z.literal('secret'), secret: id(/^[A-Za-z0-9/_+=.@:-]{1,2048}$/, 'Name or ARN.') }),
    'A kubeconfig of egress-bot in AWS Secrets Manager.',
  ),
  described(
    z.strictObject({
      kind: z.literal('eks'),
      clusterName: id(/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/, 'Name of the cluster in EKS.'),
      region: id(/^[a-z]{2}(-[a-z]+)+-\d$/, 'As in eu-west-1.'),
    }),
    "An EKS cluster, with the function's own AWS identity.",
  ),
]);

/** The file. Keys that are not known are refused at every level. */
export const settingsSchema = z.strictObject({
  clusters: described(
    z.array(z.strictObject({ name: clusterName, access })).check(z.minLength(1)),
    'The clusters that can be asked about.',
  ),
  channels: described(
    z._default(
      z.array(
        z.strictObject({
          id: id(/^[CDG][A-Z0-9]+$/, 'Id of a Slack channel, as at the end of its link.'),
          cluster: clusterName,
          namespaces: someNamespaces,
        }),
      ),
      [],
    ),
    'What a question means in a channel, and all that may be asked about there. The first namespace without * is the default.',
  ),
  grants: described(
    z._default(
      z.array(
        z.strictObject({
          users: z._default(z.array(id(/^[UW][A-Z0-9]+$/, "Id of a Slack user ('Copy member ID').")), []),
          groups: z._default(z.array(id(/^S[A-Z0-9]+$/, 'Id of a Slack user group.')), []),
          clusters: z.array(z.union([z.literal('*'), clusterName])).check(z.minLength(1)),
          namespaces: someNamespaces,
          probe: z._default(z.boolean(), false),
        }),
      ),
      [],
    ),
    'Who may ask about what. Without a grant nobody may. probe false: only predictions.',
  ),
  teams: described(
    z._default(z.array(id(/^[TE][A-Z0-9]+$/, 'Id of a Slack workspace.')), []),
    'Workspaces that may ask at all; none: the one of the bot.',
  ),
  subjectAccessReview: described(
    z._default(
      z.nullable(
        z.strictObject({
          usernameTemplate: id(/\{user\}/, "The person's name in the cluster, with {user} in it: their id in Slack."),
        }),
      ),
      null,
    ),
    'Ask the cluster itself whether the asking person may get pods there.',
  ),
  followUp: described(z.optional(followUpSchema), 'How a flow is followed until it recovers.'),
  paging: described(z.optional(pagingSchema), 'Alerts that ask by themselves, and where they are answered.'),
  watch: described(z.optional(watchSchema), 'Flows that are looked at by themselves, and who is told when one breaks.'),
});

/** What the schema makes of a file is what the rest of the program takes: this fails to compile when it is not. */
export const asSettings = (read: z.output<typeof settingsSchema>): Settings => read;
