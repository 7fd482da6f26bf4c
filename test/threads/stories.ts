/** Finds the stories: every folder beside this file that has a story.ts. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadTemplates } from '../../src/commands/templates.ts';
import { renderMarkdown } from '../../src/render/markdown.ts';
import { renderTerminal } from '../../src/render/terminal.ts';
import { renderThread, threadText } from '../../src/render/thread.ts';
import type { Story } from './story.ts';

export const HERE = import.meta.dirname;

/** Folder names in alphabetical order. */
export const STORY_NAMES: readonly string[] = readdirSync(HERE, { withFileTypes: true })
  .filter(entry => entry.isDirectory() && existsSync(join(HERE, entry.name, 'story.ts')))
  .map(entry => entry.name)
  .sort();

/** Loads one story by its folder's name. */
export async function loadStory(name: string): Promise<Story> {
  const loaded = (await import(`./${name}/story.ts`)) as { readonly story: Story };
  return loaded.story;
}

const templates = loadTemplates();

/** The files beside a story.ts. */
export type Goldens = Readonly<Record<'terminal.txt' | 'answer.md' | 'thread.txt', string>>;

/** File name of each golden -> its text. */
export function goldensOf({ diagnosis }: Story): Goldens {
  return {
    'terminal.txt': renderTerminal(diagnosis, templates, { width: 80, colour: false }),
    'answer.md': renderMarkdown(diagnosis, templates),
    'thread.txt': threadText(renderThread(diagnosis, templates)),
  };
}
