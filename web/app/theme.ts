import { isDark, useSettings, watchDark } from '../state/settings.ts';

/** Keeps the page as dark or light as the settings and the system say. */
export function followTheme(): void {
  apply(isDark(useSettings.getState().theme));
  watchDark(apply);
}

function apply(dark: boolean): void {
  document.documentElement.dataset['theme'] = dark ? 'dark' : 'light';
}
