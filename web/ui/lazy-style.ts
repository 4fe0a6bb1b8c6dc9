/**
 * Links the style sheet of a chunk that is loaded on demand; resolves when it is there. The build names
 * it in the page by the chunk's source, since esbuild does not link it by itself.
 */
export async function linkStyle(source: string): Promise<void> {
  const address = document.querySelector<HTMLMetaElement>(`meta[name="style:${source}"]`)?.content;
  if (address === undefined || document.querySelector(`link[href="${address}"]`)) return;
  const link = document.createElement('link');
  link.rel = 'stylesheet';
  link.href = address;
  await new Promise<void>((resolve, reject) => {
    link.addEventListener('load', () => resolve());
    link.addEventListener('error', () => reject(new Error(`The style sheet ${address} could not be loaded.`)));
    document.head.append(link);
  });
}
