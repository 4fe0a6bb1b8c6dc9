import { type ComponentType, lazy, type LazyExoticComponent } from 'react';
import { linkStyle } from '../ui/lazy-style.ts';

/** A part of the console that is loaded when it is first shown, with its styles: those of `source`, as the build names it. */
export function lazyPage<P extends object>(
  source: string,
  load: () => Promise<{ default: ComponentType<P> }>,
): LazyExoticComponent<ComponentType<P>> {
  return lazy(async () => {
    const [loaded] = await Promise.all([load(), linkStyle(source)]);
    return loaded;
  });
}
