import { useLocation } from 'wouter';

/** The name of the function that the page is about; undefined for other pages. */
export function useCurrentName(): string | undefined {
  const [location] = useLocation();
  return currentName(location);
}

/** The name of the function that an address is about. */
function currentName(location: string): string | undefined {
  const [, segment] = /^\/f\/([^/]+)/.exec(location) ?? [];
  try {
    return segment === undefined ? undefined : decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
