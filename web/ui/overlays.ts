/**
 * Where dialogs, menus and tips are put: a region of the page of its own, since whatever stands in none
 * cannot be reached by those who go from region to region.
 */
export function overlays(): HTMLElement {
  return document.getElementById('overlays') ?? document.body;
}
