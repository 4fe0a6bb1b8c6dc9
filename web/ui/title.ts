import { useEffect } from 'react';

/** Names the page in the browser's tab while the component is on it. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Hearth`;
  }, [title]);
}
