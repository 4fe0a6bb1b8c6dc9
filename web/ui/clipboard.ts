/** Copies a text. Rejects when the browser does not let the page do so. */
export async function copyText(text: string): Promise<void> {
  // Only there over HTTPS and on this machine; a host in a team's own network is often reached by plain HTTP.
  if (isSecureContext) return navigator.clipboard.writeText(text);
  const area = document.createElement('textarea');
  area.value = text;
  const { activeElement } = document;
  document.body.append(area);
  area.select();
  const copied = document.execCommand('copy');
  area.remove();
  if (activeElement instanceof HTMLElement) activeElement.focus();
  if (!copied) throw new Error('The browser blocked copying. Select the text and copy it manually.');
}
