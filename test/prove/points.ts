/** What the project claims, point by point, and which tests show it: the list that `npm run prove` goes through. */

/** The vitest projects and the benchmarks, each one npm script. */
export const SUITES = {
  unit: { script: 'test', needs: null },
  package: { script: 'test:package', needs: null },
  aws: { script: 'test:aws', needs: null },
  // The path of a Chromium.
  page: { script: 'test:page', needs: 'CHROMIUM' },
  cases: { script: 'test:cases', needs: 'EGRESS_CASES' },
  cluster: { script: 'test:cluster', needs: 'KUBECONFIG' },
  fuzz: { script: 'test:cluster:fuzz', needs: 'KUBECONFIG' },
  faults: { script: 'test:cluster:faults', needs: 'KUBECONFIG' },
} as const;
export type Suite = keyof typeof SUITES;

/** Tests of one suite: those whose file's path and whose full name match. */
export type Tests = { readonly suite: Suite; readonly file: RegExp; readonly name?: RegExp };

export type Point = {
  readonly step: string;
  readonly text: string;
  /** All of these must have tests, and all of those must pass. */
  readonly tests: readonly Tests[];
  /** Benchmarks of test/bench by name; their bounds must hold. */
  readonly benchmarks?: readonly string[];
};

const unit = (file: RegExp, name?: RegExp): Tests => ({ suite: 'unit', file, ...(name === undefined ? {} : { name }) });
const cluster = (file: RegExp, name?: RegExp): Tests => ({
  suite: 'cluster',
  file,
  ...(name === undefined ? {} : { name }),
});

const aws = (file: RegExp): Tests => ({ suite: 'aws', file });

export const POINTS: readonly Point[] = [
  {
    step: 'Step 1',
    text: "The runbook's scenario, firewall-restriction: the deny-all policy is named, compared, and mended",
    tests: [cluster(/article/, /firewall-restriction/), unit(/threads/, /runbook-deny-all-egress/)],
  },
  {
    step: 'Step 1',
    text: "The picture's variant, and the runbook's own fix",
    tests: [cluster(/article/, /picture/)],
  },
  {
    step: 'Step 1',
    text: 'Every host of the lab without policies: the right verdict each',
    tests: [cluster(/hosts/, /^without policies/)],
  },
  {
    step: 'Step 1',
    text: 'Every host of the lab with policies: the right verdict each, two causes at once, DNS denied, DNS over TCP denied',
    tests: [cluster(/hosts/, /^with policies/)],
  },
  {
    step: 'Step 1',
    text: 'A whole diagnosis is within its bound and faster than the steps by hand',
    tests: [],
    benchmarks: ['diagnose'],
  },
  {
    step: 'Step 1',
    text: 'One flow among 5,000 pods and 2,000 policies is explained within 0.5 s',
    tests: [],
    benchmarks: ['explain'],
  },
  {
    step: 'Step 1',
    text: 'Bad input: every refusal with its whole message',
    tests: [
      unit(/tables\/(destination|refuse|pod-request|question|question-event|config)\.test/),
      unit(/laws\/(destination|question)\.test/),
    ],
  },
  {
    step: 'Step 1',
    text: 'The policy cases: every decision and every deciding policy; bad objects never crash and are never allowed',
    tests: [{ suite: 'cases', file: /./ }],
  },
  {
    step: 'Step 1',
    text: 'Prediction: NetworkPolicy v1 complete, the rest on the ledger',
    tests: [unit(/tables\/policy-/)],
  },
  {
    step: 'Step 1',
    text: 'Every kind of target is found, or its absence explained',
    tests: [cluster(/target/), unit(/tables\/cluster-/)],
  },
  {
    step: 'Step 1',
    text: 'Probes from every vantage by every method; raw outputs of every tool are read',
    tests: [cluster(/probes/), unit(/tables\/probe-/)],
  },
  {
    step: 'Step 1',
    text: 'The twin is neither adopted nor routed to',
    tests: [cluster(/twin/), unit(/tables\/pod-manifests-twin/)],
  },
  {
    step: 'Step 1',
    text: 'Killed at any stage, nothing stays',
    tests: [cluster(/kill/)],
  },
  {
    step: 'Step 1',
    text: 'Every verdict code by observation and prediction, with its thread',
    tests: [unit(/tables\/verdict/), unit(/laws\/verdict/), unit(/threads/)],
  },
  {
    step: 'Step 1',
    text: 'The fix flips the verdict and denies nothing new',
    tests: [unit(/tables\/fix/), unit(/laws\/fix/)],
  },
  {
    step: 'Step 1',
    text: 'Rights: minimal, each missing one named, none too many',
    tests: [cluster(/probes|access|rights/, /rights/), unit(/edges\/kubernetes-rights/)],
  },
  {
    step: 'Step 1',
    text: 'Hostile text is escaped wherever it is shown',
    tests: [unit(/laws\/render-hostile/)],
  },
  {
    step: 'Step 1',
    text: 'A bundle replays to the same bytes',
    tests: [cluster(/article/, /replays/)],
  },
  {
    step: 'Step 1',
    text: 'The package for AWS Lambda: offline, the same twice, least privilege, faults instead of crashes',
    tests: [{ suite: 'package', file: /./ }, cluster(/function/)],
  },
  {
    step: 'Step 2',
    text: 'Every flow of the cases, measured and reference, for every engine: decided rightly, by the right policies, unknown only where an engine is asked for and at most at one in ten of those',
    tests: [{ suite: 'cases', file: /./ }],
  },
  {
    step: 'Step 2',
    text: '200 random sets of NetworkPolicy, CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy against packets: zero disagreements; a part of them in the cluster suite',
    tests: [{ suite: 'fuzz', file: /./ }, cluster(/cluster\/fuzz/)],
  },
  {
    step: 'Step 2',
    text: 'The documented examples of each engine’s reference pages, allow and deny',
    tests: [unit(/tables\/documented-cases/)],
  },
  {
    step: 'Step 2',
    text: 'Laws: an unrelated policy changes nothing, order without priority does not matter, except only shrinks, deny beats allow, pass never allows, the fix flips and opens only what it lists, reading never throws',
    tests: [unit(/laws\/(policy-|cilium-laws|fix|line-diff)/)],
  },
  {
    step: 'Step 2',
    text: 'Of the mutants of src/policy and of src/diagnose at least 85 % are noticed, as recorded',
    tests: [unit(/tables\/mutation-scores/)],
  },
  {
    step: 'Step 2',
    text: 'One flow among 5,000 pods and 2,000 mixed policies within 0.5 s; from 1,000 to 20,000 pods the time grows in proportion or less',
    tests: [],
    benchmarks: ['mixed'],
  },
  {
    step: 'Step 2',
    text: 'All pairs of 200, 500 and 1,000 pods beside cyclonus and network-config-analyzer: the same answers, sooner',
    tests: [],
    benchmarks: ['peers'],
  },
  {
    step: 'Step 4',
    text: 'Lint: each rule has rows that hit and rows that do not; its words hold for the evaluator; any input is linted',
    tests: [unit(/tables\/lint-/), unit(/laws\/lint/), unit(/edges\/lint-command/)],
  },
  {
    step: 'Step 4',
    text: 'Lint over every policy of the cases: no crash, and nothing that is said of them contradicts what was measured',
    tests: [{ suite: 'cases', file: /cases\/lint/ }],
  },
  {
    step: 'Step 4',
    text: 'Lint of a real cluster, with the bot’s own tokens',
    tests: [cluster(/cluster\/lint/)],
  },
  {
    step: 'Step 2',
    text: 'Fixes of egress firewalls, meshes, Antrea, GKE and EKS: the smallest change, proved, by name where the kind knows names',
    tests: [unit(/tables\/fix-(layers|other-engines)/), unit(/laws\/fix-layers/)],
  },
  {
    step: 'Step 2',
    text: "Cilium's topics in the lab: prediction and packets agree, and the proposed fixes work",
    tests: [cluster(/cilium\.test/)],
  },
  {
    step: 'Step 2',
    text: "The mesh's own settings are read, by name and only where Istio is; what is about incoming traffic alone leaves egress decided",
    tests: [
      unit(/edges\/kubernetes-collect/, /mesh/),
      unit(/tables\/policy-(istio|not-evaluated)/),
      unit(/edges\/kubernetes-rights/),
    ],
  },
  {
    step: 'Step 2',
    text: 'All that is said, not the decision alone: traces of the documented examples, diagnoses of captured bundles, every meeting of what was seen and what the rules say',
    tests: [unit(/tables\/policy-traces/), unit(/threads\/demo\.test/), unit(/threads\/verdict-grid/)],
  },
  {
    step: 'Step 2',
    text: 'What mutants showed to be untested: how a side is told, matchers at their edges, the order of a diagnosis, what each outcome means, what each kind of fix writes and refuses',
    tests: [
      unit(/tables\/policy-(sides|answers|matchers|names|ways|cluster|ledger|learned|cilium-more|yaml-text)/),
      unit(/tables\/pipeline/),
      unit(/tables\/verdict-(reach|names|join|scope|told|flows)/),
      unit(
        /tables\/fix-(manifest|refused|drafts|changed|changes|seen|subject|needs|calico-place|cilium-draft|flow-classes|flow-pods)/,
      ),
    ],
  },
  {
    step: 'Step 2',
    text: "Which of two of Calico's policies of one order is asked first, version by version; where that is not known, nothing that turns on it is said",
    tests: [unit(/tables\/policy-(calico-turn|ties)/)],
  },
  {
    step: 'Step 2',
    text: 'What is wrong with an object of any kind is told word by word, and leaves the answer open where it could turn it',
    tests: [unit(/tables\/policy-(admin|antrea|calico|cilium|cloud|istio|networkpolicy|openshift)-odd/)],
  },
  {
    step: 'Step 2',
    text: 'What Cilium’s own source says beyond its pages: what voids a policy and what then still holds, an API server outside, the cluster’s name, the host firewall, a label given twice, labels that are chosen, ports of sidecars',
    tests: [unit(/tables\/policy-cilium-(source|label-twice|identity)/), unit(/tables\/policy-sidecar-ports/)],
  },
  {
    step: 'Step 2',
    text: 'Administrators’ policies engine by engine: which kind each enforces, by version, flag and priority; which peers it lacks; what equal priorities leave open',
    tests: [unit(/tables\/policy-admin-engines/)],
  },
  {
    step: 'Step 2',
    text: 'What a plugin is set to do is read: Cilium’s always, never and audit mode, a strict VPC CNI, Auto Mode’s default deny, agents that run and do not enforce',
    tests: [unit(/tables\/policy-engines/), unit(/tables\/cluster-project/), unit(/tables\/policy-cloud-kinds/)],
  },
  {
    step: 'Step 3',
    text: 'What Slack gets, as golden threads: one for every verdict code; verdict, culprit and fix apart from the golden',
    tests: [unit(/threads\/slack/), unit(/tables\/slack-messages/)],
  },
  {
    step: 'Step 3',
    text: 'One validator of Slack’s limits, each limit hit and not hit; every message and view is valid with hostile and huge texts',
    tests: [unit(/tables\/slack-limits/), unit(/laws\/slack-hostile/)],
  },
  {
    step: 'Step 3',
    text: 'A picture of the path with the point where the packet dies, and the same in words; drawn with the package’s own font, which has every character of it',
    tests: [unit(/tables\/slack-picture/), unit(/edges\/picture/)],
  },
  {
    step: 'Step 3',
    text: 'What is typed into Slack is read: the slash command in every dress of Slack and of keyboards, mentions in free text, quoted errors; what is unclear is asked back, never guessed',
    tests: [unit(/tables\/slack-command/), unit(/laws\/slack-command/)],
  },
  {
    step: 'Step 3',
    text: 'Listeners over HTTP and a socket: kept before acknowledged, told when it is not; the form, which keeps --no-probe, its type-ahead and its errors; the shortcut; presses; App Home',
    tests: [unit(/edges\/slack-listeners/), unit(/tables\/work-suggest/)],
  },
  {
    step: 'Step 3',
    text: 'Wrong or old signature, replayed request, unknown team, oversized and malformed bodies: the right status, logged without tokens',
    tests: [unit(/edges\/slack-requests/)],
  },
  {
    step: 'Step 3',
    text: 'Calls to Slack: 429, 5xx, time-outs and lost answers within their rules; nothing is posted twice; only Slack’s hosts are asked',
    tests: [unit(/edges\/slack-web-api/), unit(/tables\/slack-pace/)],
  },
  {
    step: 'Step 3',
    text: 'The manifest has exactly the scopes, events, command and shortcut that the code uses',
    tests: [unit(/edges\/slack-manifest/)],
  },
  {
    step: 'Step 3',
    text: 'What answers Slack imports neither the Kubernetes client nor the evaluator',
    tests: [unit(/edges\/slack-light/)],
  },
  {
    step: 'Step 3',
    text: 'One process: from the command to the last message over HTTP and a socket, acknowledged before the work has ended; health and metrics; its Deployment',
    tests: [unit(/edges\/serve(-command|-manifests)?\.test/), unit(/tables\/serve-environment/)],
  },
  {
    step: 'Step 3',
    text: 'A signal in the middle of a look: it ends first, or the next life takes it up, and the thread is complete; a second process on the same file is refused',
    tests: [unit(/edges\/serve-stop/), unit(/edges\/queue-sqlite/, /works on the file/)],
  },
  {
    step: 'Step 3',
    text: 'The image of the one process: its Dockerfile’s own steps, run as the Deployment runs it (no builder was at hand)',
    tests: [{ suite: 'package', file: /image/ }],
  },
  {
    step: 'Step 3',
    text: 'Load on one process: 50 commands a second for a minute over 100 channels, every acknowledgement under 3 s, memory bounded, fair, every thread complete',
    tests: [unit(/edges\/serve-load/)],
    benchmarks: ['load'],
  },
  {
    step: 'Step 3',
    text: 'A local Slack: its methods, signatures, trigger ids, response_urls, 429s, uploads and strict blocks, driven by Slack’s own client and by Bolt over HTTP and a socket',
    tests: [unit(/edges\/local-slack/)],
  },
  {
    step: 'Step 3',
    text: 'The demo replays ten causes and more as they were captured, with their timings, and predicts all else and says so; as a process it ends well; with --live the same page asks a real cluster',
    tests: [unit(/tables\/demo-/), unit(/edges\/demo-command/), cluster(/cluster\/demo/)],
  },
  {
    step: 'Step 3',
    text: 'The demo’s page in a headless Chromium, clicked through at two widths: no error on the console, nothing found by axe-core, within reach of the keyboard',
    tests: [
      { suite: 'page', file: /page\/demo/ },
      { suite: 'page', file: /page\/blocks/ },
    ],
  },
  {
    step: 'Step 3',
    text: 'Order and state survive: one table of rules over SQLite and DynamoDB (conditional writes, claims, results in chunks, the audit log), a kill -9, throttling by the documented error',
    tests: [unit(/edges\/store-sqlite/), aws(/store-dynamo/)],
  },
  {
    step: 'Step 3',
    text: 'The queue: at least once, fair between groups, back-off, dead letters, a killed worker’s jobs come back at once; SQS with partial batch failures',
    tests: [unit(/edges\/queue-sqlite/), unit(/tables\/queue-sqs-event/), aws(/queue-sqs/)],
  },
  {
    step: 'Step 3',
    text: 'The configuration file: every fault at once, its schema checked in; default is deny, and a refusal names the line that allows it; egress audit reads both stores',
    tests: [unit(/tables\/settings-/), unit(/edges\/audit-command/), aws(/audit-command/)],
  },
  {
    step: 'Step 3',
    text: 'The packaged zips under AWS’s own runtime: a signed command in, the thread out; bad signatures, old, repeated, foreign, oversized and malformed requests and both encodings: the right status, no token in a log',
    tests: [aws(/lambda/), unit(/tables\/slack-request/), { suite: 'package', file: /package\.test/ }],
  },
  {
    step: 'Step 3',
    text: 'The same against a real cluster, with tokens of the bot alone; its own token renews itself',
    tests: [cluster(/lambda/), unit(/edges\/cloud-identity/, /own token/)],
  },
  {
    step: 'Step 3',
    text: 'The token for EKS has its documented form (that a cluster takes it was not tried)',
    tests: [unit(/edges\/cloud-identity/, /EKS/)],
  },
  {
    step: 'Step 3',
    text: 'cfn-lint and checkov find nothing that has no reason; runtime, memory, table and alarms as they should be; each function may do what it does and nothing else',
    tests: [
      aws(/template/),
      { suite: 'package', file: /package\.test/, name: /role of its own|run on Node 24|alarms look/ },
    ],
  },
  {
    step: 'Step 3',
    text: 'The function that acknowledges is small and starts fast',
    tests: [{ suite: 'package', file: /package\.test/, name: /acknowledges without/ }],
    benchmarks: ['ack'],
  },
  {
    step: 'Step 3',
    text: 'Whole conversations with a local Slack, one for each verdict code and one with Check again: goldens, with verdict, culprits and fix looked for apart from them; the picture a PNG',
    tests: [unit(/threads\/conversations/)],
  },
  {
    step: 'Step 3',
    text: 'A question from claim to last message: who may, progress in place, order, a channel without the bot, an archived one, refused blocks, Slack down, the cluster down, our own mistakes; the cluster itself may decide, too',
    tests: [unit(/edges\/work-ask/), unit(/tables\/work-/), unit(/edges\/work-connections/)],
  },
  {
    step: 'Step 3',
    text: 'A question that ends without an answer: its last message names pod, host and cluster, the cause, the remedy and the reference',
    tests: [unit(/edges\/work-failures/)],
  },
  {
    step: 'Step 3',
    text: 'Buttons: each counts once, for those who may ask, and a stale card says so; what changed since; several pods to choose from; App Home',
    tests: [unit(/edges\/work-press/), unit(/edges\/work-home/)],
  },
  {
    step: 'Step 3',
    text: 'Two who ask the same within a minute share one look, each with a thread',
    tests: [unit(/edges\/work-share/)],
  },
  {
    step: 'Step 3',
    text: 'A worker killed before or after any of its calls: the next one ends with the same thread, each part once; killed in every attempt: the thread is told',
    tests: [unit(/laws\/work-killed/), unit(/edges\/work-ask/, /killed in every attempt/)],
  },
  {
    step: 'Step 3',
    text: 'Worker processes killed with signal 9, deliveries repeated, Slack down, 429 storms, answers lost, clusters down, tokens revoked: each question ends in one whole thread or one clear failure (a thousand of them: npm run test:faults)',
    tests: [unit(/laws\/work-killed/), { suite: 'faults', file: /faults\/lab/ }],
  },
  {
    step: 'Step 4',
    text: 'Alerts of PagerDuty, Alertmanager, Grafana and CloudWatch by SNS become questions by the rules of the configuration, and nothing is guessed; any JSON is read; egress page try',
    tests: [unit(/tables\/page-map/), unit(/laws\/page/)],
  },
  {
    step: 'Step 4',
    text: 'Who may send: signatures while a secret changes, bearer and basic, SNS with its certificate and its own addresses alone; 503 and never 429; the same webhook is the same job',
    tests: [unit(/edges\/page-http/), unit(/edges\/page-sns/)],
  },
  {
    step: 'Step 4',
    text: 'Payloads of each source over HTTP, through queue and worker, to a thread in a local Slack and a note in a local PagerDuty: goldens',
    tests: [unit(/threads\/pages/)],
  },
  {
    step: 'Step 4',
    text: '500 alerts for 3 causes: 3 diagnoses, 3 threads, nothing lost, every incident told; what cannot be mapped is answered with the reason; killed or refused at any call',
    tests: [unit(/edges\/page-alert/)],
  },
  {
    step: 'Step 4',
    text: 'Notes, pages, acknowledgements, resolutions and changes fit PagerDuty, Opsgenie and a signed webhook by construction; 429 and 5xx are tried again within bounds, 400 never',
    tests: [unit(/edges\/page-targets/), unit(/edges\/page-alert/, /Page/)],
  },
  {
    step: 'Step 4',
    text: 'A flow is followed until it recovers: intervals and limits with a clock of the tests; two good looks in a row; quiet but for changes, told with a diff of the deciding policies and who changed them; each way to end; one follow-up for each flow',
    tests: [
      unit(/edges\/work-follow\.test/),
      unit(/tables\/(policy-changes|fix-seen)/),
      unit(/threads\/follow/),
      unit(/tables\/settings-read/, /follow/),
    ],
  },
  {
    step: 'Step 4',
    text: 'Alerts and follow-ups: begun by itself where the configuration says so, the incident hears of the end, resolved elsewhere is looked at once more; pages acknowledged, resolved, triggered when it runs out, by one key; a pager that is down',
    tests: [unit(/edges\/work-follow-alert/), unit(/edges\/work-follow\.test/, /page/)],
  },
  {
    step: 'Step 4',
    text: 'A worker killed between every two steps of a follow-up: the same card, thread and pages in the end; looks that got lost are sent again, by egress serve and in AWS Lambda',
    tests: [
      unit(/edges\/work-follow-kills/),
      { suite: 'faults', file: /faults\/follow/ },
      unit(/edges\/work-follow\.test/, /lost/),
      unit(/edges\/serve-follow-timer/),
    ],
  },
  {
    step: 'Step 4',
    text: 'In a real cluster, with the real command: alert, thread and note that name the policy, page, fix applied, recovered, resolved, report in the right order; again with the process killed between every two steps',
    tests: [cluster(/cluster\/incident/)],
  },
  {
    step: 'Step 4',
    text: 'A report of an incident from what was kept alone: goldens, in the order of time, each line with how it is known, gaps named; found by every name of an incident; hostile text keeps its structure; the button in a local Slack, the command',
    tests: [
      unit(/threads\/reports/),
      unit(/laws\/report-hostile/),
      unit(/edges\/work-report/),
      aws(/report-command/),
      unit(/tables\/render-span/),
    ],
  },
  {
    step: 'Step 4',
    text: 'Watched flows: a named policy counts at once, everything else twice in a row, and so the way back; looks spread, never overlapping, each done once whoever sends it; one thread per outage, killed or refused at any call; the configuration’s faults at once',
    tests: [
      unit(/tables\/work-watch/),
      unit(/edges\/(watch-flows|work-watch|serve-watch)/),
      unit(/tables\/settings-watch/),
    ],
  },
  {
    step: 'Step 4',
    text: 'Lint with --lookup against a DNS server: a pinned address that the name no longer has, no such name, a server that fails or is silent',
    tests: [unit(/edges\/lint-lookup/)],
  },
  {
    step: 'Step 4',
    text: 'CloudWatch by SNS: a message signed with a test certificate, through the real handler, to thread and note; back-pressure with its Retry-After; either key while one is changed',
    tests: [
      unit(/threads\/pages/, /cloudwatch-by-sns/),
      unit(/edges\/page-http/, /while its secret is changed|over HTTP/),
    ],
  },
];
