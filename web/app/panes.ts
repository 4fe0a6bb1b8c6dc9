/** What takes the focus in a pane, the most useful first: where people type or move, else whatever can be focused. */
const targets = [
  '[role="tree"]',
  '.native-edit-context',
  '.inputarea',
  '[role="log"]',
  'input, select, textarea',
  'button, a[href], [tabindex="0"]',
];

/** Moves the focus to the next pane of the page, or to the one before, as F6 does in VS Code. */
export function focusPane(step: 1 | -1): void {
  const panels = [...document.querySelectorAll<HTMLElement>('.place [data-panel]')];
  const panes = panels.filter((panel) => panel.querySelector('[data-panel]') === null);
  if (panes.length === 0) return;
  const current = panes.findIndex((pane) => pane.contains(document.activeElement));
  for (let turn = 1; turn <= panes.length; turn++) {
    const start = current === -1 && step === -1 ? 0 : current;
    const pane = panes[(start + step * turn + panes.length * 2) % panes.length];
    if (pane && focusIn(pane)) return;
  }
}

function focusIn(pane: HTMLElement): boolean {
  return targets.some((selector) => {
    const target = [...pane.querySelectorAll<HTMLElement>(selector)].find((one) => one.checkVisibility());
    target?.focus();
    // A list of tabs passes the focus on to the tab in front.
    return target?.contains(document.activeElement) === true;
  });
}
