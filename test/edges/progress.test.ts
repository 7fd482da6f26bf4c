/** Progress on a terminal, and nothing at all in a pipe. */
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { startProgress } from '../../src/commands/progress.ts';

const SHOW_CURSOR = '\u001b[?25h';

/** A stream that keeps what is written to it. */
function streamOf(isTTY: boolean) {
  const written: string[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _, done) => {
      written.push(chunk.toString('utf8'));
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY, columns: 80, rows: 24 }) as unknown as NodeJS.WriteStream, written };
}

/** Longer than the spinner's 100 ms, so that a line is drawn at least once. */
const DRAWN_MS = 250;
const drawn = () => new Promise(resolve => setTimeout(resolve, DRAWN_MS));

describe('progress', () => {
  it('a pipe gets nothing', async () => {
    const { stream, written } = streamOf(false);
    const progress = await startProgress(stream);
    progress.onStep({ step: 'target', state: 'started', text: 'finding the pod' });
    await progress.stop();
    expect(written).toEqual([]);
  });

  it('a terminal sees what is under way, and no longer what is done', async () => {
    const { stream, written } = streamOf(true);
    const progress = await startProgress(stream);
    progress.onStep({ step: 'target', state: 'started', text: 'finding the pod' });
    progress.onStep({ step: 'collect', state: 'started', text: 'reading policies' });
    await drawn();
    expect(written.join('')).toContain('finding the pod, reading policies');
    progress.onStep({ step: 'target', state: 'done', text: 'finding the pod' });
    written.length = 0;
    await drawn();
    expect(written.join('')).toContain('reading policies');
    expect(written.join('')).not.toContain('finding the pod');
    await progress.stop();
  });

  it('once stopped, also twice, the line is gone and the cursor is back', async () => {
    const { stream, written } = streamOf(true);
    const progress = await startProgress(stream);
    await progress.stop();
    await progress.stop();
    expect(written.join('').endsWith(SHOW_CURSOR)).toBe(true);
    const before = written.length;
    progress.onStep({ step: 'observe', state: 'started', text: 'probing' });
    await drawn();
    expect(written.slice(before)).toEqual([]);
  });

  it('Ctrl-C stays with the command', async () => {
    const before = process.listenerCount('SIGINT');
    const progress = await startProgress(streamOf(true).stream);
    expect(process.listenerCount('SIGINT')).toBe(before);
    await progress.stop();
  });
});
