/** Work that may take longer than the one who waits for it. */

/** How it ended. `late`: not within the time; it goes on, and nobody waits any more. */
export type Bounded<Value> =
  | { readonly kind: 'ok'; readonly value: Value }
  | { readonly kind: 'late' }
  | { readonly kind: 'failed'; readonly error: unknown };

/** Waits at most `ms` milliseconds. Never rejects. */
export async function bounded<Value>(work: () => Promise<Value>, ms: number): Promise<Bounded<Value>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Bounded<Value>>(resolve => {
    timer = setTimeout(() => resolve({ kind: 'late' }), ms);
  });
  const done = work().then(
    (value): Bounded<Value> => ({ kind: 'ok', value }),
    (error: unknown): Bounded<Value> => ({ kind: 'failed', error }),
  );
  const first = await Promise.race([done, late]);
  clearTimeout(timer);
  return first;
}
