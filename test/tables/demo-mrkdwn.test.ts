/** How the demo's page reads mrkdwn: as Slack does, and nothing in it is ever more than text. */
import { describe, expect, test } from 'vitest';

type Reader = { readonly parseInline: (line: string) => unknown; readonly parseMrkdwn: (text: string) => unknown };

// A file of the browser's: JavaScript without types.
const file = new URL('../../src/demo-page/page/mrkdwn.js', import.meta.url).href;
const { parseInline, parseMrkdwn } = (await import(/* @vite-ignore */ file)) as Reader;

const text = (value: string) => ({ kind: 'text', text: value });
const line = (...inline: readonly object[]) => ({ kind: 'line', inline });

describe('in a line', () => {
  test.each([
    ['stars make bold', 'a *b* c', [text('a '), { kind: 'bold', children: [text('b')] }, text(' c')]],
    ['marks nest', '*_b_*', [{ kind: 'bold', children: [{ kind: 'italic', children: [text('b')] }] }]],
    ['a mark inside a word is none', 'snake_case_name', [text('snake_case_name')]],
    ['a mark before a space is none', '2 * 3 * 4', [text('2 * 3 * 4')]],
    ['in code marks are text', '`*a* &lt;`', [{ kind: 'code', text: '*a* <' }]],
    ['escaped signs are themselves', '&lt;!channel&gt; &amp;lt;', [text('<!channel> &lt;')]],
    [
      'a link shows its label',
      '<https://a.example|a &amp; b>',
      [{ kind: 'link', url: 'https://a.example', text: 'a & b' }],
    ],
    ['only the web and mail are links', '<javascript:alert(1)|x>', [text('<javascript:alert(1)>')]],
    [
      'people and channels are mentions',
      '<@U1> <#C1>',
      [{ kind: 'user', id: 'U1' }, text(' '), { kind: 'channel', id: 'C1' }],
    ],
    ['a broadcast is one', '<!here>', [{ kind: 'broadcast', text: '@here' }]],
    ['an open bracket is text', 'a < b', [text('a < b')]],
  ])('%s', (_name, source, nodes) => {
    expect(parseInline(source)).toEqual(nodes);
  });
});

describe('lines', () => {
  test.each([
    ['each line is one', 'a\nb', [line(text('a')), line(text('b'))]],
    ['an empty line is kept', 'a\n\nb', [line(text('a')), line(), line(text('b'))]],
    ['a fence is verbatim', 'x\n```\n*a*\n b```', [line(text('x')), { kind: 'pre', text: '*a*\n b' }]],
    ['quoted lines are one quote', '&gt; a\n&gt; b', [{ kind: 'quote', lines: [[text('a')], [text('b')]] }]],
  ])('%s', (_name, source, blocks) => {
    expect(parseMrkdwn(source)).toEqual(blocks);
  });
});
