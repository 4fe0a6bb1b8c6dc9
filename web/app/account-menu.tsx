import { useQueryClient } from '@tanstack/react-query';
import { Settings } from 'lucide-react';
import type { ReactNode } from 'react';
import { signOut } from '../api/session.ts';
import { runCommand, useCommand } from '../state/commands.ts';
import { type Theme, useSettings } from '../state/settings.ts';
import { Button } from '../ui/button.tsx';
import { toastError } from '../ui/feedback.tsx';
import { Menu, type MenuItem } from '../ui/menu.tsx';

const themes: Readonly<Record<Theme, string>> = { system: 'System theme', light: 'Light theme', dark: 'Dark theme' };

/** Themes, help and the way out. */
export function AccountMenu(): ReactNode {
  const cache = useQueryClient();
  const { theme, setTheme } = useSettings();
  const leave = (): void => {
    void signOut().then(() => cache.resetQueries(), toastError);
  };
  useCommand({ id: 'view.light', title: themes.light, group: 'View', run: () => setTheme('light') });
  useCommand({ id: 'view.dark', title: themes.dark, group: 'View', run: () => setTheme('dark') });
  useCommand({ id: 'view.system', title: themes.system, group: 'View', run: () => setTheme('system') });
  useCommand({ id: 'help.sign-out', title: 'Sign out', group: 'Help', run: leave });
  const items: MenuItem[] = [
    ...(['system', 'light', 'dark'] as const).map((one) => ({ label: themes[one], checked: one === theme, onSelect: () => setTheme(one) })),
    { separator: true },
    { label: 'All commands', keys: 'Mod+K', onSelect: () => runCommand('view.palette') },
    { label: 'Shortcuts', keys: '?', onSelect: () => runCommand('help.shortcuts') },
    { separator: true },
    { label: 'Sign out', onSelect: leave },
  ];
  return (
    <Menu items={items}>
      <Button kind="quiet" className="place-link" aria-label="More: settings and help">
        <Settings size={20} aria-hidden />
        <span className="place-name">More</span>
      </Button>
    </Menu>
  );
}
