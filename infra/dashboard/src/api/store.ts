// A value that components read and that changes outside of them.
import { useSyncExternalStore } from 'react';

export class Store<T> {
  readonly #observers = new Set<() => void>();
  #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    this.#observers.forEach(observe => observe());
  }

  readonly observe = (observer: () => void): (() => void) => {
    this.#observers.add(observer);
    return () => void this.#observers.delete(observer);
  };
}

export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(store.observe, () => store.value);
}
