import { type ReactNode, useState } from 'react';
import { useLocation } from 'wouter';
import { functionLink } from '../state/links.ts';
import { useSession } from '../state/session.ts';
import { functionUrl } from '../api/session.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { createDraft } from './changes.ts';
import { useTakenNames } from './entries.ts';
import { NameField } from './name-field.tsx';
import { freeName, nameProblem } from './names.ts';
import { type Template, templateOf, templates } from './templates.ts';

interface CreateDialogProps {
  readonly template?: string;
  /** In which it is to lie, with the slash. */
  readonly folder?: string;
  readonly onClose: () => void;
}

/** Asks for the name and the template of a new function, which begins as a draft. */
export function CreateDialog({ template: first, folder = '', onClose }: CreateDialogProps): ReactNode {
  const [, navigate] = useLocation();
  const session = useSession();
  const taken = useTakenNames();
  const suggest = ({ name }: Template): string =>
    name.startsWith('__') ? name : folder + (name && freeName(folder + name, taken).slice(folder.length));
  const [template, setTemplate] = useState(() => templateOf(first));
  const [written, setWritten] = useState<string>();
  const name = written ?? suggest(template);
  const problem = nameProblem(name, taken);
  const open = (): void => {
    onClose();
    navigate(functionLink(name));
  };
  const create = (): void => {
    if (problem !== undefined) return;
    createDraft(name, template.source);
    open();
  };
  const footer = (
    <>
      <Button onClick={onClose}>Cancel</Button>
      {taken.has(name) && <Button onClick={open}>Open the existing one</Button>}
      <Button type="submit" kind="primary" disabled={problem !== undefined}>
        Create
      </Button>
    </>
  );
  return (
    <Dialog title="New function" onClose={onClose} onSubmit={create} footer={footer}>
      <NameField
        value={name}
        onChange={setWritten}
        problem={problem}
        hint={<span className="mono functions-url">{functionUrl(session, name)}</span>}
      />
      <fieldset className="functions-templates">
        <legend>Template</legend>
        {templates.map((one) => (
          <TemplateChoice key={one.id} template={one} checked={one === template} onChoose={() => setTemplate(one)} />
        ))}
      </fieldset>
      <p className="muted">It starts as a draft in this browser and goes live when you publish it.</p>
    </Dialog>
  );
}

interface TemplateChoiceProps {
  readonly template: Template;
  readonly checked: boolean;
  readonly onChoose: () => void;
}

function TemplateChoice({ template: { id, title, text, icon: Icon }, checked, onChoose }: TemplateChoiceProps): ReactNode {
  return (
    <label className="functions-card">
      <input type="radio" name="template" value={id} checked={checked} onChange={onChoose} />
      <Icon size={18} aria-hidden />
      <span>
        <strong>{title}</strong>
        <span className="muted">{text}</span>
      </span>
    </label>
  );
}
