/** A Dockerfile carried out by hand: its own instructions, in folders instead of layers. What it does not know it refuses. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** What the last stage is when it starts. */
export type Image = {
  /** The folder that stands for `/`; only what was copied is in it. */
  readonly root: string;
  /** As in `node:24-bookworm-slim`. */
  readonly base: string;
  /** Below `/`. */
  readonly workdir: string;
  /** UID:GID. */
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
};

type Stage = { -readonly [Key in keyof Image]: Image[Key] } & { readonly name: string };

/** Carries the instructions of `dockerfile` out below `folder`, with `context` as the folder that is sent to the builder. */
export function buildByHand(dockerfile: string, context: string, folder: string): Image {
  const sent = pathsSent(`${dockerfile}.dockerignore`);
  const stages: Stage[] = [];
  for (const [instruction, rest] of instructionsOf(readFileSync(dockerfile, 'utf8'))) {
    if (instruction === 'FROM') stages.push(begin(rest, join(folder, String(stages.length))));
    else carryOut(instruction, rest, { stages, context, sent });
  }
  const last = stages.at(-1);
  if (last === undefined) throw new Error('there is no FROM');
  return last;
}

function instructionsOf(text: string): readonly (readonly [string, string])[] {
  const lines = text.split('\n').filter(line => line.trim() !== '' && !line.startsWith('#'));
  return lines.map(line => {
    const [, instruction, rest] = /^([A-Z]+) (.+)$/.exec(line) ?? [];
    if (instruction === undefined || rest === undefined || rest.endsWith('\\')) throw new Error(`not known: ${line}`);
    return [instruction, rest];
  });
}

/** What `*` and then `!NAME` lets through: names at the root. */
function pathsSent(dockerignore: string): ReadonlySet<string> {
  const [first, ...others] = readFileSync(dockerignore, 'utf8')
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'));
  if (first !== '*' || others.some(line => !/^![\w.-]+$/.test(line))) throw new Error('not known: .dockerignore');
  return new Set(others.map(line => line.slice(1)));
}

function begin(rest: string, root: string): Stage {
  const [base = '', as, name = ''] = rest.split(' ');
  if (as !== undefined && as !== 'AS') throw new Error(`not known: FROM ${rest}`);
  mkdirSync(root, { recursive: true });
  return { name, base, root, workdir: '/', user: '0:0', entrypoint: [], command: [] };
}

type Build = { readonly stages: readonly Stage[]; readonly context: string; readonly sent: ReadonlySet<string> };

function carryOut(instruction: string, rest: string, build: Build): void {
  const stage = build.stages.at(-1);
  if (stage === undefined) throw new Error(`${instruction} stands before FROM`);
  switch (instruction) {
    case 'WORKDIR':
      stage.workdir = rest;
      mkdirSync(join(stage.root, rest), { recursive: true });
      return;
    case 'COPY':
      copy(rest, stage, build);
      return;
    case 'RUN':
      // The registry is asked for what is not known here already.
      execFileSync('sh', ['-c', rest], {
        cwd: join(stage.root, stage.workdir),
        env: { PATH: process.env.PATH, HOME: process.env.HOME, npm_config_prefer_offline: 'true' },
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      return;
    case 'USER':
      stage.user = rest;
      return;
    case 'ENTRYPOINT':
      stage.entrypoint = JSON.parse(rest) as readonly string[];
      return;
    case 'CMD':
      stage.command = JSON.parse(rest) as readonly string[];
      return;
    default:
      throw new Error(`not known: ${instruction}`);
  }
}

/** Files, into a folder that ends with a slash; or one file or folder, under a name of its own. */
function copy(rest: string, stage: Stage, { stages, context, sent }: Build): void {
  const [, from, paths = ''] = /^(?:--from=(\S+) )?(.+)$/.exec(rest) ?? [];
  const named = paths.split(' ');
  const target = named.pop() ?? '';
  const source = from === undefined ? context : stages.find(({ name }) => name === from)?.root;
  if (source === undefined) throw new Error(`there is no stage ${from}`);
  for (const path of named) {
    if (from === undefined && !sent.has(path)) throw new Error(`${path} is not sent to the builder`);
    if (!existsSync(join(source, path))) throw new Error(`there is no ${path}`);
    const under = target.endsWith('/') ? join(target, basename(path)) : target;
    cpSync(join(source, path), join(stage.root, stage.workdir, under), { recursive: true, verbatimSymlinks: true });
  }
}
