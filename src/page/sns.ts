/**
 * Amazon SNS -> alerts of CloudWatch, or the request to confirm a subscription. Only reads: whether a message is SNS' own is
 * `sns-signature.ts`'s, and comes first. https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
 */
import type { Alert, AlertReading } from './alert.ts';
import { entriesOf, type Fields, fieldsAt, isFields, joinedText, listAt, textAt, titleOf } from './fields.ts';

/** What a message of SNS is. */
export type SnsReading =
  | AlertReading
  /** `url` confirms the subscription when it is visited. */
  | { readonly kind: 'confirmation'; readonly topic: string; readonly url: string };

/** Reads one message whose signature was found good. */
export function readSns(payload: unknown): SnsReading {
  const type = textAt(payload, 'Type');
  const topic = textAt(payload, 'TopicArn') ?? '';
  switch (type) {
    case 'SubscriptionConfirmation': {
      const url = textAt(payload, 'SubscribeURL', 4000);
      return url === null ? { kind: 'faulty', why: 'it has no SubscribeURL' } : { kind: 'confirmation', topic, url };
    }
    case 'UnsubscribeConfirmation':
      return { kind: 'alerts', alerts: [] };
    case 'Notification':
      return readNotification(payload, topic);
    default:
      return { kind: 'faulty', why: 'its Type is none of SNS' };
  }
}

function readNotification(payload: unknown, topic: string): AlertReading {
  const alarm = parsed(textAt(payload, 'Message', 300_000) ?? '');
  const id = textAt(payload, 'MessageId') ?? '';
  if (isFields(alarm) && textAt(alarm, 'AlarmName') !== null) {
    return { kind: 'alerts', alerts: [alarmOf(alarm, id)] };
  }
  return { kind: 'alerts', alerts: [plainOf(payload, topic, id)] };
}

/**
 * An alarm as CloudWatch sends it: OK ends it; ALARM, and INSUFFICIENT_DATA which says that nobody knows, do not.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
 */
function alarmOf(alarm: Fields, messageId: string): Alert {
  const name = textAt(alarm, 'AlarmName') ?? '';
  const trigger = fieldsAt(alarm, 'Trigger');
  const at = textAt(alarm, 'StateChangeTime');
  const key =
    textAt(alarm, 'AlarmArn') ?? `${textAt(alarm, 'AWSAccountId') ?? ''}/${textAt(alarm, 'Region') ?? ''}/${name}`;
  const description = textAt(alarm, 'AlarmDescription', 2000);
  return {
    incident: { source: 'sns', id: `sns:${key}:${at ?? messageId}`, key, origin: null, url: null },
    state: textAt(alarm, 'NewStateValue') === 'OK' ? 'resolved' : 'firing',
    title: titleOf(name),
    text: joinedText([name, description, textAt(alarm, 'NewStateReason', 2000)]),
    labels: entriesOf({
      ...dimensionsOf(listAt(trigger, 'Dimensions')),
      alarm: name,
      ...named('metric', textAt(trigger, 'MetricName')),
      ...named('metricNamespace', textAt(trigger, 'Namespace')),
      ...named('region', textAt(alarm, 'Region')),
      ...named('account', textAt(alarm, 'AWSAccountId')),
    }),
    annotations: description === null ? {} : { description: description.slice(0, 500) },
    service: textAt(trigger, 'Namespace'),
    startedAt: at,
    leftOut: 0,
  };
}

/** Any other notification: its subject and its words. */
function plainOf(payload: unknown, topic: string, messageId: string): Alert {
  const subject = textAt(payload, 'Subject');
  const words = textAt(payload, 'Message', 4000) ?? '';
  return {
    incident: { source: 'sns', id: `sns:${messageId}`, key: messageId, origin: null, url: null },
    state: 'firing',
    title: titleOf(subject ?? words),
    text: joinedText([subject, words]),
    labels: { topic },
    annotations: {},
    service: null,
    startedAt: textAt(payload, 'Timestamp'),
    leftOut: 0,
  };
}

/** CloudWatch writes `name`, its own examples `Name`. */
function dimensionsOf(dimensions: readonly unknown[]): Fields {
  return Object.fromEntries(
    dimensions.flatMap(one => {
      const name = textAt(one, 'name') ?? textAt(one, 'Name');
      const value = textAt(one, 'value') ?? textAt(one, 'Value');
      return name === null || value === null ? [] : [[name, value]];
    }),
  );
}

function named(name: string, value: string | null): Fields {
  return value === null ? {} : { [name]: value };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
