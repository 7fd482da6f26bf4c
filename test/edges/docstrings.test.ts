import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';

/** What a reader of a signature cannot see is in the sentence above it: every export has one. */
const sources = fileURLToPath(new URL('../../src', import.meta.url));

/** `file:line name` of each exported declaration without a doc comment that says something. */
function undocumented(path: string, text: string): readonly string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2024, true);
  return source.statements.flatMap(statement => {
    if (!isExported(statement) || hasSentence(statement)) return [];
    const { line } = source.getLineAndCharacterOfPosition(statement.getStart());
    return [`${path}:${line + 1} ${nameOf(statement)}`];
  });
}

function isExported(statement: ts.Statement): boolean {
  const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) : undefined;
  return modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false;
}

function hasSentence(statement: ts.Statement): boolean {
  return ts
    .getJSDocCommentsAndTags(statement)
    .some(doc => ts.isJSDoc(doc) && /\S\s+\S|`.+`/.test(String(ts.getTextOfJSDocComment(doc.comment) ?? '')));
}

function nameOf(statement: ts.Statement): string {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map(({ name }) => name.getText()).join(', ');
  return 'name' in statement && statement.name ? (statement.name as ts.Node).getText() : 'default';
}

test('every export of the sources says in a sentence what it is', () => {
  const files = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'));
  expect(files.length).toBeGreaterThan(10);
  expect(files.flatMap(file => undocumented(file, ts.sys.readFile(join(sources, file)) ?? ''))).toEqual([]);
});

test('a missing, an empty and a one-word comment are found; a sentence is enough', () => {
  const text = [
    'export const a = 1;',
    '/** */ export function b() {}',
    '/** Word. */ export type C = string;',
    '// no doc comment\nexport class D {}',
    '/** Says what it is. */ export const e = 2;',
    '/** Says it for both. */\nexport type F = 1;',
    'const g = 3;',
  ];
  expect(undocumented('x.ts', text.join('\n')).map(found => found.split(' ')[1])).toEqual(['a', 'b', 'C', 'D']);
});
