/** App Home of one user: what they asked lately, which clusters there are, and what the bot may do in each. */
import { FaultError } from '../faults.ts';
import { VERDICT_CODES } from '../model.ts';
import { type Home, type HomeCluster, type HomeQuestion, homeView } from '../render/slack/home.ts';
import type { Settings } from '../settings/settings.ts';
import type { WorkPorts } from './ports.ts';
import { type AnswerRecord, questionsOf, readAnswer } from './records.ts';
import { DONE, type HandleJob } from './work.ts';

const QUESTIONS_SHOWN = 10;
/** A cluster that does not answer must not keep the page from being shown. */
const ACCESS_LIMIT_MS = 8_000;

/** Publishes the view. A refusal (the user has left) is logged: there is nobody to tell. */
export const homeJob: HandleJob<'home'> = async (work, delivery, { asker }) => {
  const { ports, settings } = work;
  const [questions, clusters] = await Promise.all([
    recentQuestions(ports, asker.user),
    Promise.all(settings.clusters.map(({ name }) => accessOf(ports, name, settings))),
  ]);
  const home: Home = { questions, clusters, settings: settingsLines(settings, asker.user) };
  const published = await ports.slack.publishHome(asker.user, homeView(home));
  if (published.kind === 'refused') {
    ports.log({ event: 'home-refused', id: delivery.envelope.id, error: published.error });
  }
  return DONE;
};

async function recentQuestions(ports: WorkPorts, user: string): Promise<readonly HomeQuestion[]> {
  const asked = await questionsOf(ports.store, user, QUESTIONS_SHOWN);
  const records = await Promise.all(asked.map(({ answerId }) => readAnswer(ports.store, answerId)));
  return Promise.all(records.filter(record => record !== null).map(record => homeQuestion(ports, record)));
}

async function homeQuestion({ slack }: WorkPorts, record: AnswerRecord): Promise<HomeQuestion> {
  const { at, asked, question, root, end } = record;
  const link = root === null ? null : await slack.permalink(root);
  const verdict = end?.kind === 'answered' ? (VERDICT_CODES.find(code => code === end.verdict) ?? null) : null;
  return {
    at,
    pod: asked.pod,
    host: asked.host,
    cluster: question?.cluster ?? asked.cluster ?? 'not chosen',
    verdict,
    permalink: link?.kind === 'ok' ? link.value : null,
  };
}

async function accessOf({ clusters, wait }: WorkPorts, name: string, settings: Settings): Promise<HomeCluster> {
  const channel = settings.channels.find(one => one.cluster === name);
  const namespace = channel?.namespaces.find(pattern => !pattern.includes('*')) ?? null;
  const limit = wait(ACCESS_LIMIT_MS).then(() => ({
    may: [],
    mayNot: ['be asked just now: the cluster does not answer'],
  }));
  const asking = clusters.access(name, namespace).catch((error: unknown) => ({
    may: [],
    mayNot: [
      error instanceof FaultError
        ? `be asked: ${error.fault.what} ${error.fault.cause}`
        : 'be asked: egress itself failed',
    ],
  }));
  return { name, ...(await Promise.race([asking, limit])) };
}

/** What the configuration says about this user, a line for each channel and each grant. */
function settingsLines(settings: Settings, user: string): readonly string[] {
  const channels = settings.channels.map(
    ({ id, cluster, namespaces }) => `channel ${id}: cluster ${cluster}, namespaces ${namespaces.join(', ')}`,
  );
  const grants = settings.grants
    .filter(({ users, groups }) => users.includes(user) || users.includes('*') || groups.length > 0)
    .map(({ users, groups, clusters, namespaces, probe }) => {
      const who = users.includes(user) ? 'you' : users.includes('*') ? 'everybody' : `user groups ${groups.join(', ')}`;
      return `${who}: clusters ${clusters.join(', ')}, namespaces ${namespaces.join(', ')}, ${probe ? 'with probes' : 'predictions only'}`;
    });
  return [...channels, ...grants];
}
