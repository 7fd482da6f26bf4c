/** A Slack of one test, in memory: what was posted, edited, uploaded and told, in order, and faults on demand. */
import { FaultError } from '../../src/faults.ts';
import type { Message, MessageMark, PostPlace, SlackApi, SlackResult, Upload } from '../../src/slack/api.ts';
import { partOfFile } from '../../src/slack/file-mark.ts';

export type FakeMessage = {
  readonly ts: string;
  readonly channel: string;
  readonly threadTs: string | null;
  message: Message;
  mark: MessageMark | null;
  readonly upload: Upload | null;
  /** Times of its edits, the posting included. */
  readonly atMs: number[];
};

export type Told = { readonly to: string; readonly message: Message; readonly how: 'ephemeral' | 'respond' };

export type FakeSlack = {
  readonly api: SlackApi;
  readonly messages: FakeMessage[];
  readonly told: Told[];
  readonly homes: Map<string, unknown>;
  /** Called before each call with its name: returns Slack's error, or throws, or lets it pass with null. */
  refuse: (method: string) => string | null;
  /** The same for what is posted or edited in. */
  refuseMessage: (message: Message) => string | null;
  /** Of user groups. */
  readonly members: Map<string, readonly string[]>;
  /** Called after a posting was kept: a throw is an answer that got lost. */
  afterPost: () => void;
};

export const unavailable = (): FaultError =>
  new FaultError({ code: 'slack-unavailable', what: 'Slack does not answer.', cause: '503.', remedy: 'Wait.' });

export function fakeSlack(now: () => number): FakeSlack {
  let next = 0;
  const slack: FakeSlack = {
    api: {} as SlackApi,
    messages: [],
    told: [],
    homes: new Map(),
    refuse: () => null,
    refuseMessage: () => null,
    members: new Map(),
    afterPost: () => undefined,
  };
  const calling = async <Value>(method: string, work: () => Value): Promise<SlackResult<Value>> => {
    const error = slack.refuse(method);
    return error === null ? { kind: 'ok', value: work() } : { kind: 'refused', error };
  };
  const add = (where: PostPlace, message: Message, mark: MessageMark | null, upload: Upload | null) => {
    next += 1;
    const ts = `${Math.floor(now() / 1000)}.${String(next).padStart(6, '0')}`;
    slack.messages.push({ ts, ...where, message, mark, upload, atMs: [now()] });
    slack.afterPost();
    return { channel: where.channel, ts };
  };
  const api: SlackApi = {
    post: async (where, message, mark) => {
      const error = slack.refuseMessage(message);
      return error === null ? calling('post', () => add(where, message, mark, null)) : { kind: 'refused', error };
    },
    update: (where, message, mark) => {
      const found = slack.messages.find(one => one.ts === where.ts);
      if (found === undefined) return Promise.resolve({ kind: 'refused', error: 'message_not_found' });
      const error = slack.refuseMessage(message);
      if (error !== null) return Promise.resolve({ kind: 'refused', error });
      return calling('update', () => {
        found.message = message;
        found.mark = mark;
        found.atMs.push(now());
        return null;
      });
    },
    ephemeral: (where, message) =>
      calling('ephemeral', () => {
        slack.told.push({ to: where.user, message, how: 'ephemeral' });
        return null;
      }),
    respond: (responseUrl, message) =>
      calling('respond', () => {
        slack.told.push({ to: responseUrl, message, how: 'respond' });
        return null;
      }),
    findMarked: ({ channel, threadTs }, { answerId }) =>
      calling('findMarked', () =>
        slack.messages
          .filter(
            one => one.channel === channel && (threadTs === null ? one.threadTs === null : one.threadTs === threadTs),
          )
          .flatMap(one => {
            const part = one.upload === null ? null : partOfFile(one.upload.filename, answerId);
            if (part !== null) return [{ channel, ts: one.ts, answerId, part }];
            return one.mark?.answerId === answerId ? [{ channel, ts: one.ts, ...one.mark }] : [];
          }),
      ),
    upload: (where, upload, comment) =>
      calling('upload', () => {
        add(where, { text: comment, blocks: [] }, null, upload);
        return null;
      }),
    openView: () => calling('openView', () => null),
    publishHome: (user, view) =>
      calling('publishHome', () => {
        slack.homes.set(user, view);
        return null;
      }),
    groupMembers: group => calling('groupMembers', () => slack.members.get(group) ?? []),
    permalink: ({ channel, ts }) =>
      calling('permalink', () => `https://example.slack.com/archives/${channel}/p${ts.replace('.', '')}`),
  };
  return Object.assign(slack, { api });
}

/** The messages of a channel, in the order of their posting. */
export function inChannelOf({ messages }: FakeSlack, channel: string): readonly FakeMessage[] {
  return messages.filter(message => message.channel === channel);
}
