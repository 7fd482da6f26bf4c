import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AskReading, readCommand, readMention, readQuotedMessage } from '../../src/slack/command.ts';
import { plainText } from '../../src/slack/plain-text.ts';

const FORM = new Set(['pod', 'host', 'namespace', 'cluster', 'probe']);
const READERS = { command: readCommand, mention: readMention } as const;
const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,10}[a-z0-9])?$/);
const pod = fc.tuple(label, fc.stringMatching(/^[a-z0-9]{1,8}$/)).map(([name, end]) => `${name}-${end}`);
const host = fc.tuple(label, label, fc.constantFrom('com', 'io', 'example')).map(parts => parts.join('.'));
const asked = (text: string, reading: AskReading): { pod: string; host: string } => {
  if (reading.kind !== 'asked') throw new Error(`${text}: ${JSON.stringify(reading)}`);
  return { pod: reading.asked.pod, host: reading.asked.host };
};

describe('whatever is typed', () => {
  const anything = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc
      .array(
        fc.constantFrom(
          'billing-pod',
          'x.io',
          '-n',
          '--cluster',
          '“',
          '`',
          "'",
          '<',
          '|',
          '>',
          '&amp;',
          'to',
          'from',
          'pod',
          'namespace',
          ':',
          '/',
          '\u00a0',
          '\n',
          '[',
          ']',
          '10.0.0.1',
          'why',
          "can't",
        ),
        { maxLength: 20 },
      )
      .map(words => words.join(' ')),
  );

  test.each(Object.entries(READERS))(
    'the %s is read without a crash, and a question always has a pod and a host',
    (_name, read) => {
      fc.assert(
        fc.property(anything, text => {
          const reading = read(text);
          if (reading.kind === 'asked') expect([reading.asked.pod, reading.asked.host]).not.toContain('');
          if (reading.kind === 'refused') expect(reading.faults.length).toBeGreaterThan(0);
        }),
      );
    },
  );

  test('a quoted message only ever fills in the form', () => {
    fc.assert(
      fc.property(anything, text => {
        expect(new Set(Object.keys(readQuotedMessage(text)))).toEqual(FORM);
      }),
    );
  });

  test('reading stays quick on long and hostile texts', () => {
    for (const unit of [
      'a.',
      'a-',
      '"',
      '<a|',
      'connect to ',
      'pod/a ',
      '[:',
      'x='.repeat(3),
      ' -n',
      'kubectl exec ',
    ]) {
      const text = unit.repeat(20_000);
      const started = performance.now();
      readMention(text);
      readCommand(text);
      // Ten times what a slow machine needs; an exponential pattern would need years.
      expect(performance.now() - started).toBeLessThan(10_000);
    }
  });
});

describe('a pod and a host', () => {
  test('mean the same in every dress that Slack or a keyboard gives them', () => {
    const dresses: readonly ((name: string) => string)[] = [
      name => name,
      name => `\`${name}\``,
      name => `“${name}”`,
      name => `<http://${name}|${name}>`,
      name => `\u200b${name}`,
    ];
    fc.assert(
      fc.property(
        pod,
        host,
        fc.constantFrom(...dresses),
        fc.constantFrom(' ', '  ', '\u00a0', '\t'),
        (name, where, dress, gap) => {
          const text = `${name}${gap}${dress(where)}`;
          expect(asked(text, readCommand(text))).toEqual({ pod: name, host: where });
        },
      ),
    );
  });

  test('are found in a sentence as behind the slash command', () => {
    const sentences: readonly ((name: string, where: string) => string)[] = [
      (name, where) => `why can't ${name} reach ${where}?`,
      (name, where) => `${name} -&gt; ${where}`,
      (name, where) => `from ${name} to ${where}`,
      (name, where) => `is ${where} blocked for ${name}`,
    ];
    fc.assert(
      fc.property(pod, host, fc.constantFrom(...sentences), (name, where, sentence) => {
        const text = `<@U0BOT> ${sentence(name, where)}`;
        expect(asked(text, readMention(text))).toEqual({ pod: name, host: where });
      }),
    );
  });

  test('a second host in the sentence makes it no question', () => {
    fc.assert(
      fc.property(pod, host, host, (name, one, other) => {
        fc.pre(one !== other);
        expect(readMention(`why can't ${name} reach ${one} and ${other}`).kind).toBe('incomplete');
      }),
    );
  });
});

describe('options', () => {
  test('may stand anywhere', () => {
    const words = fc.shuffledSubarray(['-n payments', '--cluster=prod', '--no-probe', 'billing-pod x.io'], {
      minLength: 4,
      maxLength: 4,
    });
    fc.assert(
      fc.property(words, order => {
        expect(readCommand(order.join(' '))).toEqual({
          kind: 'asked',
          asked: { pod: 'billing-pod', host: 'x.io', namespace: 'payments', cluster: 'prod', probe: false },
        });
      }),
    );
  });
});

describe('plain text', () => {
  test('is read back from what Slack makes of it', () => {
    const escaped = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
    const typed = fc.stringMatching(/^[a-z0-9&<>|.:/-][a-z0-9&<>|.:/ -]{0,30}[a-z0-9&<>|.:/-]$/);
    fc.assert(
      fc.property(typed, text => {
        expect(plainText(escaped(text))).toBe(text);
      }),
    );
  });
});
