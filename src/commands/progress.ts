/** What is under way, on one line of a terminal while the answer is awaited. */
import type { DefaultRenderer, ListrTaskWrapper } from 'listr2';
import type { StepEvent } from '../diagnose/pipeline.ts';

/** A line on the terminal that says what is being done; nothing at all when piped. */
export type Progress = {
  readonly onStep: (event: StepEvent) => void;
  /** Takes the line away and shows the cursor again. May be called twice. */
  readonly stop: () => Promise<void>;
};

type Line = ListrTaskWrapper<object, typeof DefaultRenderer, typeof DefaultRenderer>;

const SILENT: Progress = { onStep: () => undefined, stop: async () => undefined };

/**
 * Starts the line on `stream` (standard error: the answer alone goes to standard output). Silent when the stream is no
 * terminal: a pipe or a log gets the answer and nothing else.
 */
export async function startProgress(stream: NodeJS.WriteStream): Promise<Progress> {
  if (!stream.isTTY) return SILENT;
  const ended = Promise.withResolvers<void>();
  const started = Promise.withResolvers<Line>();
  const list = await listOf(stream, (_, line) => {
    started.resolve(line);
    return ended.promise;
  });
  const running = list.run();
  const line = await started.promise;
  const underWay = new Map<StepEvent['step'], string>();
  let isStopped = false;
  return {
    onStep: event => {
      // A step that a fault left behind may still end; a title set after the end would be drawn over the answer.
      if (isStopped) return;
      if (event.state === 'started') underWay.set(event.step, event.text);
      else underWay.delete(event.step);
      if (underWay.size > 0) line.title = [...underWay.values()].join(', ');
    },
    stop: async () => {
      isStopped = true;
      ended.resolve();
      await running;
    },
  };
}

async function listOf(stream: NodeJS.WriteStream, task: (context: object, line: Line) => Promise<void>) {
  const listr2 = await import('listr2');
  const rendererOptions = {
    clearOutput: true,
    timer: listr2.PRESET_TIMER,
    logger: new listr2.ListrLogger<string>({
      useIcons: true,
      toStderr: [],
      processOutput: new listr2.ProcessOutput(stream, stream, { leaveEmptyLine: false }),
    }),
  };
  return new listr2.Listr<object, typeof DefaultRenderer, typeof DefaultRenderer>([{ title: 'asking', task }], {
    renderer: listr2.DefaultRenderer,
    rendererOptions,
    // Without these, standard output being a pipe would choose another renderer for standard error.
    fallbackRenderer: listr2.DefaultRenderer,
    fallbackRendererOptions: rendererOptions,
    // Ctrl-C belongs to the command: it has pods to delete before the process ends.
    registerSignalListeners: false,
  });
}
