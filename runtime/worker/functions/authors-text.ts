import { authorsText } from '../../kernel/functions/inserted-text.ts';

/**
 * Makes `Function.prototype.toString()` return a function's text as its author knows it: what the host has
 * inserted means nothing where the text runs elsewhere (`page.evaluate()`, MongoDB's `$function`, a `Worker`, `vm`).
 */
export function showAuthorsText(): void {
  const native: unknown = Reflect.get(Function.prototype, 'toString');
  if (typeof native !== 'function') return;
  const { apply } = Reflect;
  // A method cannot be constructed, like the native one.
  const holder = {
    toString(this: unknown): string {
      return authorsText(String(apply(native, this === shown ? native : this, [])));
    },
  };
  const shown: unknown = Reflect.get(holder, 'toString');
  Reflect.defineProperty(Function.prototype, 'toString', { value: shown, writable: true, configurable: true });
}
