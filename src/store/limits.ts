/** What both stores refuse alike, so that an item that one keeps the other keeps too. */
import type { Key } from './store.ts';

/** Bytes of UTF-8. DynamoDB's item limit is 400 kB with keys and names. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html */
const BODY_LIMIT_BYTES = 350_000;
const PARTITION_LIMIT_BYTES = 2048;
const SORT_LIMIT_BYTES = 1024;

/** The body as the text that is kept. Throws when it is no JSON or too long: whoever writes has to cut it before. */
export function bodyText(key: Key, body: unknown): string {
  const text = JSON.stringify(body) as string | undefined;
  if (text === undefined) throw new Error(`no JSON to keep under ${key.partition}`);
  const bytes = Buffer.byteLength(text);
  if (bytes > BODY_LIMIT_BYTES)
    throw new Error(`${bytes} bytes under ${key.partition} are more than ${BODY_LIMIT_BYTES}`);
  return text;
}

/** Throws for a key that DynamoDB would refuse: an empty part or one that is too long. */
export function checkKey({ partition, sort }: Key): void {
  checkPart('partition', partition, PARTITION_LIMIT_BYTES);
  checkPart('sort', sort, SORT_LIMIT_BYTES);
}

function checkPart(name: string, text: string, limit: number): void {
  const bytes = Buffer.byteLength(text);
  if (bytes === 0 || bytes > limit) throw new Error(`the ${name} key has ${bytes} bytes and not 1 to ${limit}`);
}
