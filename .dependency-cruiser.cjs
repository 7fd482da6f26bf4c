// The layers, lowest first. A file imports from its own layer and from those above it in this list, never downwards:
// model, evidence, faults | policy, probe | question | diagnose | render | lint | cluster | commands | cli, handlers
const NOUNS = '^src/(model|evidence|faults)\\.ts$';
const QUESTION = '^src/(question|destination|destination-text|hostname|label-selector|pod-request|refuse)\\.ts$';
// Nouns of the conversation: types, and the ids of buttons.
const SLACK_NOUNS = '^src/(queue/job|slack/api)\\.ts$';
const PURE = '^src/(policy|probe|diagnose|render|lint)/';

const layers = [
  { name: 'nouns', path: NOUNS, may: [NOUNS] },
  { name: 'policy', path: '^src/policy/', may: [NOUNS, '^src/policy/'] },
  { name: 'probe', path: '^src/probe/', may: [NOUNS, '^src/policy/', '^src/probe/', '^src/refuse\\.ts$'] },
  { name: 'question', path: QUESTION, may: [NOUNS, QUESTION, '^src/policy/address\\.ts$', '^src/policy/model\\.ts$'] },
  { name: 'diagnose', path: '^src/diagnose/', may: [NOUNS, QUESTION, '^src/(policy|probe|diagnose)/'] },
  { name: 'render', path: '^src/render/', may: [NOUNS, QUESTION, SLACK_NOUNS, '^src/(policy|probe|diagnose|render)/'] },
  { name: 'picture', path: '^src/picture/', may: ['^src/picture/'] },
  { name: 'lint', path: '^src/lint/', may: [NOUNS, QUESTION, '^src/(policy|diagnose|render|lint)/'] },
  { name: 'cluster', path: '^src/cluster/', may: [NOUNS, QUESTION, '^src/(policy|probe|diagnose|render|cluster)/'] },
  { name: 'store', path: '^src/store/', may: [NOUNS, '^src/queue/job\\.ts$', '^src/store/'] },
  { name: 'queue', path: '^src/queue/', may: [NOUNS, '^src/store/database\\.ts$', '^src/queue/'] },
  { name: 'settings', path: '^src/settings/', may: [NOUNS, QUESTION, '^src/settings/'] },
  {
    name: 'page',
    path: '^src/page/',
    may: [NOUNS, QUESTION, '^src/(queue/(job|queue)\\.ts$|policy/address\\.ts$|render/|settings/|page/)'],
  },
  // What answers within Slack's 3 s starts within them: nothing of clusters, evaluation or templates.
  {
    name: 'slack',
    path: '^src/slack/',
    may: [NOUNS, QUESTION, '^src/queue/(job|queue)\\.ts$', '^src/render/(escape|slack/(blocks|cut|modal|notices))\\.ts$', '^src/slack/'],
  },
  { name: 'cloud', path: '^src/cloud/', may: [NOUNS, QUESTION, '^src/(queue|store|settings|slack|cluster|cloud)/'] },
  { name: 'local-slack', path: '^src/local-slack/', may: ['^src/render/slack/limits\\.ts$', '^src/local-slack/'] },
  {
    name: 'work',
    path: '^src/work/',
    may: [NOUNS, QUESTION, '^src/(diagnose|render|cluster|queue|store|settings|slack|page|work)/'],
  },
  {
    name: 'demo-page',
    path: '^src/demo-page/',
    may: [NOUNS, QUESTION, '^src/(diagnose|render|settings|picture|slack|local-slack|work|serve|demo-page)/'],
  },
];

module.exports = {
  forbidden: [
    ...layers.map(({ name, path, may }) => ({
      name: `layer-${name}`,
      comment: 'See the list of layers at the top of this file.',
      severity: 'error',
      from: { path },
      to: { path: '^src/', pathNot: may },
    })),
    {
      name: 'pure',
      comment: 'Pure folders take values and return values: no file, no network, no clock, no Kubernetes client.',
      severity: 'error',
      from: { path: PURE },
      to: { path: ['^node:', '@kubernetes/client-node', '@aws-sdk', '(^|/)(ws|undici|commander|listr2)(/|$)'] },
    },
    {
      name: 'pure-of-node',
      comment: 'The same, for every module of Node itself.',
      severity: 'error',
      from: { path: [PURE, NOUNS, QUESTION] },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'commands-stay-apart',
      comment: 'Only the edges know the commands.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(commands/|cli\\.ts$|handlers/)' },
      to: { path: '^src/commands/' },
    },
    {
      name: 'edges-are-last',
      comment: 'Nothing imports the command line or the functions.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(egress\\.js$|handlers/)' },
      to: { path: '^src/(cli\\.ts$|handlers/)' },
    },
    { name: 'no-tests-in-sources', severity: 'error', from: { path: '^src/' }, to: { path: '^test/' } },
    {
      name: 'no-cycles',
      comment: 'A type is erased, so a command and what it imports when it runs may name each other’s types.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-orphans',
      comment: 'A source that nothing imports and that imports nothing.',
      severity: 'error',
      from: { path: '^src/', orphan: true },
      to: {},
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'declared',
      comment: 'What sources import is a dependency of package.json, and not a development one.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'], pathNot: '(^|/)@types/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
