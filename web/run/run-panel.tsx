import { useQuery } from '@tanstack/react-query';
import { ExternalLink, Play, Square } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { toast } from 'sonner';
import { Link } from 'wouter';
import { queries } from '../api/queries.ts';
import { functionUrl } from '../api/session.ts';
import { useCommand } from '../state/commands.ts';
import { useDrafts } from '../state/drafts.ts';
import { useSession } from '../state/session.ts';
import { Button } from '../ui/button.tsx';
import { copyText } from '../ui/clipboard.ts';
import { CopyButton, Note, toastError } from '../ui/feedback.tsx';
import { Split } from '../ui/split.tsx';
import { Tooltip } from '../ui/tooltip.tsx';
import { toCurl } from './curl.ts';
import { toPayload } from './payload.ts';
import { queryOf, type RequestDraft } from './request.ts';
import { RequestTabs } from './request-tabs.tsx';
import { ResponseView } from './response-view.tsx';
import { useRuns } from './run-store.ts';
import { useFunctionRequests, useRequests } from './request-store.ts';
import { SavedMenu } from './saved-menu.tsx';
import './run.css';
import { own } from '../state/own.ts';

const allMethods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'];

/** Tries a function: puts a request together, runs the draft or what is published, and shows what it answers. */
export function RunPanel({ name }: { readonly name: string }): ReactNode {
  const { request, change } = useRequest(name);
  const target = useTarget(name);
  const run = useRuns((state) => state.runs[name]);
  const start = useRuns((state) => state.start);
  const running = run?.state === 'running' ? run : undefined;
  const go = (): void => {
    const { files } = useRequests.getState();
    start(name, {
      ...(target.source !== undefined && { source: target.source }),
      method: request.method,
      payload: () => toPayload(request, files),
    });
  };
  useCommand({ id: 'run.run', title: `Run ${name}`, group: 'Run', keys: 'Mod+Enter', run: go });
  useCommand(running && { id: 'run.cancel', title: 'Cancel the run', group: 'Run', run: running.cancel });
  return (
    <section className="column run-panel" aria-label="Run">
      <div className="toolbar run-bar">
        <MethodSelect methods={target.methods} request={request} onChange={change} />
        <TargetSwitch target={target} />
        <span className="grow" />
        {running ? (
          <Button onClick={running.cancel}>
            <Square size={13} aria-hidden /> Cancel
          </Button>
        ) : (
          <Tooltip text={target.isDraft ? 'Run the draft, unpublished' : 'Run the published revision'} keys="Mod+Enter">
            <Button kind="primary" onClick={go}>
              <Play size={14} aria-hidden /> Run
            </Button>
          </Tooltip>
        )}
      </div>
      <Address name={name} request={request} published={target.published} />
      {name === '__websocket__' && (
        <Note tone="info">
          Sockets are tried on <Link href="/sockets">Sockets</Link>. What runs here is a plain request to this function.
        </Note>
      )}
      <Split
        id="run"
        direction="vertical"
        panes={[
          { id: 'request', label: 'the request', size: '45%', min: '90px', content: <RequestTabs request={request} onChange={change} /> },
          { id: 'response', label: 'the response', min: '90px', content: <ResponseView name={name} run={run} /> },
        ]}
      />
    </section>
  );
}

interface ChosenRequest {
  readonly request: RequestDraft;
  readonly change: (change: Partial<RequestDraft>) => void;
}

function useRequest(name: string): ChosenRequest {
  const { data } = useQuery(queries.function(name));
  const load = useRequests((state) => state.load);
  useEffect(() => load(name), [load, name]);
  const { current } = useFunctionRequests(name);
  const change = useRequests((state) => state.change);
  const methods: readonly string[] = data?.methods ?? allMethods;
  const method = methods.includes(current.method) ? current.method : (methods[0] ?? 'GET');
  return { request: { ...current, method }, change: (part) => change(name, part) };
}

/** What a run runs. */
interface Target {
  readonly methods: readonly string[];
  readonly published: boolean;
  readonly hasDraft: boolean;
  readonly isDraft: boolean;
  /** The draft's, when that is what is run. */
  readonly source: string | undefined;
  readonly choose: (draft: boolean) => void;
}

function useTarget(name: string): Target {
  const { data } = useQuery(queries.function(name));
  const draft = useDrafts((state) => own(state.drafts, name)?.source);
  const [wanted, setWanted] = useState(true);
  const isDraft = wanted && draft !== undefined;
  return {
    methods: data?.methods ?? allMethods,
    published: data !== undefined,
    hasDraft: draft !== undefined,
    isDraft,
    source: isDraft ? draft : undefined,
    choose: setWanted,
  };
}

interface MethodSelectProps extends Pick<Target, 'methods'> {
  readonly request: RequestDraft;
  readonly onChange: (change: Partial<RequestDraft>) => void;
}

function MethodSelect({ methods, request, onChange }: MethodSelectProps): ReactNode {
  return (
    <select
      className="input run-method"
      aria-label="Method"
      value={request.method}
      onChange={(event) => onChange({ method: event.target.value })}
    >
      {methods.map((method) => (
        <option key={method}>{method}</option>
      ))}
    </select>
  );
}

function TargetSwitch({ target }: { readonly target: Target }): ReactNode {
  const { isDraft, hasDraft, published, choose } = target;
  return (
    <div className="run-switch" role="group" aria-label="Run target">
      <button type="button" aria-pressed={isDraft} disabled={!hasDraft} onClick={() => choose(true)}>
        Draft
      </button>
      <button type="button" aria-pressed={!isDraft} disabled={!published} onClick={() => choose(false)}>
        Published
      </button>
    </div>
  );
}

interface AddressProps {
  readonly name: string;
  readonly request: RequestDraft;
  readonly published: boolean;
}

function Address({ name, request, published }: AddressProps): ReactNode {
  const url = functionUrl(useSession(), name);
  const query = queryOf(request);
  const whole = query === '' ? url : `${url}?${query}`;
  const copy = (): void => {
    copyText(toCurl(request, url)).then(() => toast('Copied as curl.'), toastError);
  };
  useCommand({ id: 'run.curl', title: 'Copy the request as curl', group: 'Run', run: copy });
  return (
    <div className="row run-address">
      <span className="mono clip grow" title={whole}>
        /{name}
        {query !== '' && <span className="muted">?{query}</span>}
      </span>
      <SavedMenu name={name} />
      <CopyButton label="Copy as curl" text={() => toCurl(request, url)} />
      {published && request.method === 'GET' && (
        <Tooltip text="Open the published function in a new tab">
          <a
            className="button quiet icon"
            href={whole}
            target="_blank"
            rel="noreferrer"
            aria-label="Open the published function in a new tab"
          >
            <ExternalLink size={15} />
          </a>
        </Tooltip>
      )}
    </div>
  );
}
