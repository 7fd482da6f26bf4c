/** The options that say of policies in files what the files do not: what enforces them, what names resolve to. */
import { FaultError } from '../faults.ts';
import type { Engine } from '../model.ts';
import { readEngineOption } from '../policy/engine.ts';
import { readDestination } from '../policy/flow-text.ts';

/** Reads `--engine NAME@VERSION`; throws a FaultError when it names none. */
export function readEngine(text: string): Engine {
  const reading = readEngineOption(text);
  if (reading.kind === 'engine') return reading.engine;
  throw usage(
    `--engine cannot be read: ${reading.why}.`,
    'An engine is NAME or NAME@VERSION.',
    'Say for example --engine cilium@1.15.19.',
  );
}

/** Reads `--resolve HOST=IP,IP`, repeated; throws a FaultError for what is neither. */
export function readResolve(texts: readonly string[]): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    texts.map(text => {
      const [host = '', answers = ''] = text.split('=');
      const addresses = answers.split(',').filter(each => each !== '');
      const odd = addresses.find(each => readDestination(each).kind !== 'address');
      if (host !== '' && addresses.length > 0 && odd === undefined) return [host, addresses];
      throw usage(
        `--resolve ${text} cannot be read.`,
        odd === undefined ? 'It is HOST=IP,IP.' : `${odd} is no IP address.`,
        'Say for example --resolve api.stripe.com=203.0.113.43.',
      );
    }),
  );
}

/** A fault of the command line. */
export function usage(what: string, cause: string, remedy: string): FaultError {
  return new FaultError({ code: 'usage', what, cause, remedy });
}

/** Gathers an option that may be repeated, for commander. */
export function collectTexts(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}
