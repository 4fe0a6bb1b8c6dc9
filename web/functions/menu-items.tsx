import { ClipboardCopy, Copy, ExternalLink, FileCode, FilePlus2, FolderPlus, History, Link2, Pencil, Trash2 } from 'lucide-react';
import { useLocation } from 'wouter';
import { functionUrl } from '../api/session.ts';
import { functionLink, revisionLink } from '../state/links.ts';
import { useSession } from '../state/session.ts';
import { toastError } from '../ui/feedback.tsx';
import type { MenuItem } from '../ui/menu.tsx';
import { folderOf } from './names.ts';
import { useQuestions } from './stores.ts';
import type { Row } from './tree-rows.ts';
import { copyText } from '../ui/clipboard.ts';

/** What can be done with a row of the tree, or beside all rows. */
export function useMenuItems(row: Row | undefined, onOpen: (name: string) => void): readonly MenuItem[] {
  const [, navigate] = useLocation();
  const session = useSession();
  const ask = useQuestions((state) => state.ask);
  const create = (folder: string): MenuItem => ({
    label: folder === '' ? 'New function…' : `New in ${folder}…`,
    icon: folder === '' ? <FilePlus2 size={15} /> : <FolderPlus size={15} />,
    onSelect: () => ask({ kind: 'create', folder }),
  });
  if (!row) return [create('')];
  if (!row.entry) return [create(row.id)];
  const { name, live } = row.entry;
  return [
    { label: 'Open', icon: <FileCode size={15} />, keys: 'Enter', onSelect: () => onOpen(name) },
    {
      label: 'Open in a new window',
      icon: <ExternalLink size={15} />,
      onSelect: () => window.open(functionLink(name), '_blank', 'noopener'),
    },
    create(folderOf(name)),
    { separator: true },
    { label: 'Rename…', icon: <Pencil size={15} />, keys: 'F2', onSelect: () => ask({ kind: 'rename', name }) },
    { label: 'Duplicate…', icon: <Copy size={15} />, onSelect: () => ask({ kind: 'duplicate', name }) },
    { label: 'Copy URL', icon: <Link2 size={15} />, onSelect: () => copy(functionUrl(session, name)) },
    { label: 'Copy name', icon: <ClipboardCopy size={15} />, onSelect: () => copy(name) },
    { label: 'History', icon: <History size={15} />, disabled: !live, onSelect: () => navigate(revisionLink(name, 0)) },
    { separator: true },
    {
      label: live ? 'Delete…' : 'Discard the draft…',
      icon: <Trash2 size={15} />,
      keys: 'Delete',
      danger: true,
      onSelect: () => ask({ kind: 'delete', name }),
    },
  ];
}

function copy(text: string): void {
  void copyText(text).catch(toastError);
}
