/**
 * What a `WeakMap` of the mutated files becomes: it forgets everything between two tests. Answers are kept by cluster
 * there, and the tests share clusters: what one mutant computed must not reach the next.
 */
let today = 0;

/** Makes every map forget. */
export function forget(): void {
  today++;
}

/** A WeakMap that is empty again after each `forget`. */
export class ForgetfulMap<Key extends WeakKey, Value> extends WeakMap<Key, Value> {
  #filled = today;
  #held = new WeakMap<Key, Value>();

  override get(key: Key): Value | undefined {
    return this.#current().get(key);
  }

  override has(key: Key): boolean {
    return this.#current().has(key);
  }

  override set(key: Key, value: Value): this {
    this.#current().set(key, value);
    return this;
  }

  #current(): WeakMap<Key, Value> {
    if (this.#filled !== today) this.#held = new WeakMap();
    this.#filled = today;
    return this.#held;
  }
}
