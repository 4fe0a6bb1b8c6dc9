import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { functionLink } from '../state/links.ts';
import { Keys } from '../ui/keys.tsx';
import { ScrollRegion } from '../ui/scroll-region.tsx';
import { useEntries } from './entries.ts';
import { useQuestions, useTreeState } from './stores.ts';
import { type Template, templates } from './templates.ts';
import './functions.css';
import './welcome.css';

const shortcuts = [
  { keys: 'Mod+P', text: 'Open a function' },
  { keys: 'Mod+K', text: 'Show all commands' },
  { keys: 'Alt+N', text: 'New function' },
  { keys: 'Mod+S', text: 'Publish' },
  { keys: 'Mod+Enter', text: 'Run' },
  { keys: '?', text: 'Show all shortcuts' },
] as const;

/** What to do first, shown while no function is open. */
export function Welcome(): ReactNode {
  return (
    <ScrollRegion className="welcome" label="Welcome">
      <div className="welcome-page">
        <header>
          <h1>Write a function, publish it, and it is live</h1>
          <p>Open a function on the left, or start with a template. Your changes stay a draft in this browser until you publish them.</p>
        </header>
        <section aria-labelledby="welcome-templates">
          <h2 id="welcome-templates">New function</h2>
          <div className="welcome-cards">
            {templates.map((template) => (
              <TemplateCard key={template.id} template={template} />
            ))}
          </div>
        </section>
        <div className="welcome-columns">
          <Recent />
          <section aria-labelledby="welcome-keys">
            <h2 id="welcome-keys">Shortcuts</h2>
            <dl className="welcome-keys">
              {shortcuts.map(({ keys, text }) => (
                <div key={keys} className="row">
                  <dt className="grow">{text}</dt>
                  <dd>
                    <Keys keys={keys} />
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        </div>
      </div>
    </ScrollRegion>
  );
}

function TemplateCard({ template: { id, title, text, icon: Icon } }: { readonly template: Template }): ReactNode {
  const ask = useQuestions((state) => state.ask);
  return (
    <button type="button" className="functions-card" onClick={() => ask({ kind: 'create', template: id })}>
      <Icon size={18} aria-hidden />
      <span>
        <strong>{title}</strong>
        <span className="muted">{text}</span>
      </span>
    </button>
  );
}

const recentShown = 6;

function Recent(): ReactNode {
  const { entries } = useEntries();
  const visited = useTreeState((state) => state.recent);
  const recent = visited.filter((name) => entries.has(name));
  // A first visit shows what there is.
  const names = (recent.length > 0 ? recent : [...entries.keys()]).slice(0, recentShown);
  if (names.length === 0) return null;
  return (
    <section aria-labelledby="welcome-recent">
      <h2 id="welcome-recent">{recent.length > 0 ? 'Open again' : 'Open a function'}</h2>
      <ul className="welcome-recent">
        {names.map((name) => (
          <li key={name} className="clip">
            <Link href={functionLink(name)} className="mono">
              {name}
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
