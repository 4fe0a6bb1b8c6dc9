import { type ReactNode, useState } from 'react';
import { Tabs } from '../ui/tabs.tsx';
import { ScrollRegion } from '../ui/scroll-region.tsx';
import { BodyEditor } from './body-editor.tsx';
import { Pairs } from './pairs.tsx';
import { bodyKinds, type RequestDraft, usedPairs } from './request.ts';

const headerNames = [
  'Accept',
  'Accept-Language',
  'Authorization',
  'Content-Type',
  'Cookie',
  'If-None-Match',
  'Origin',
  'User-Agent',
  'X-Forwarded-For',
];

interface RequestTabsProps {
  readonly request: RequestDraft;
  readonly onChange: (change: Partial<RequestDraft>) => void;
}

/** The parts of a request, each in a tab. */
export function RequestTabs({ request, onChange }: RequestTabsProps): ReactNode {
  const [chosen, setTab] = useState<string>();
  const { params, headers, bodyKind, token } = request;
  const tab = chosen ?? (bodyKind === 'none' ? 'params' : 'body');
  const tabs = [
    {
      id: 'params',
      label: <Counted label="Params" count={usedPairs(params).length} />,
      content: (
        <Pane label="Params">
          <Pairs label="Parameter" pairs={params} onChange={(changed) => onChange({ params: changed })} />
        </Pane>
      ),
    },
    {
      id: 'body',
      label: bodyKind === 'none' ? 'Body' : `Body: ${bodyKinds[bodyKind]}`,
      content: (
        <Pane label="Body">
          <BodyEditor request={request} onChange={onChange} />
        </Pane>
      ),
    },
    {
      id: 'headers',
      label: <Counted label="Headers" count={usedPairs(headers).length} />,
      content: (
        <Pane label="Headers">
          <Pairs label="Header" pairs={headers} names={headerNames} onChange={(changed) => onChange({ headers: changed })} />
        </Pane>
      ),
    },
    {
      id: 'auth',
      label: <Counted label="Auth" count={token === '' ? 0 : 1} />,
      content: (
        <Pane label="Auth">
          <TokenField token={token} onChange={(changed) => onChange({ token: changed })} />
        </Pane>
      ),
    },
  ];
  return <Tabs label="Request" value={tab} onChange={setTab} tabs={tabs} />;
}

function Counted({ label, count }: { readonly label: string; readonly count: number }): ReactNode {
  return (
    <>
      {label}
      {count > 0 && <span className="badge">{count}</span>}
    </>
  );
}

function Pane({ label, children }: { readonly label: string; readonly children: ReactNode }): ReactNode {
  return (
    <ScrollRegion label={label} className="run-pane">
      {children}
    </ScrollRegion>
  );
}

function TokenField({ token, onChange }: { readonly token: string; readonly onChange: (token: string) => void }): ReactNode {
  return (
    <label className="field">
      <span>Bearer token</span>
      <input
        className="input mono"
        type="password"
        autoComplete="off"
        placeholder="A token from cloud.getToken()"
        value={token}
        onChange={(event) => onChange(event.target.value)}
      />
      <span className="hint">Sent as “Authorization: Bearer …”. Kept until you close this browser tab.</span>
    </label>
  );
}
