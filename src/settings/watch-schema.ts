/** The shape of the `watch` part of the configuration file. */
import * as z from 'zod/mini';

const text = (pattern: RegExp, description: string): z.ZodMiniString =>
  z.string().check(z.regex(pattern), z.describe(description)) as z.ZodMiniString;

/** Slack's buttons, jobs and the store's keys carry the name. */
const name = text(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/, 'What people call it: letters, digits, and - . _');

const everyMinutes = z
  .int()
  .check(z.minimum(1), z.maximum(1440), z.describe('Minutes between two looks, from 1 to 1440.'));

/** The part; absent where nothing is watched. Keys that are not known are refused. */
export const watchSchema = z.array(
  z.strictObject({
    name,
    cluster: text(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/, 'Name of a cluster under clusters.'),
    namespace: text(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'A namespace, by its whole name.'),
    pod: text(/^[^\n]{1,300}$/, 'A pod, deploy/NAME, or labels as in app=billing: without a namespace.'),
    host: text(/^[^\n]{1,2000}$/, 'A host, host:port, or an address.'),
    everyMinutes: z._default(everyMinutes, 5),
    channel: text(/^[CG][A-Z0-9]+$/, 'Id of a Slack channel, as at the end of its link.'),
  }),
);
