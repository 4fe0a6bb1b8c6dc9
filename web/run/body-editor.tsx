import { Braces } from 'lucide-react';
import { type ReactNode, useId } from 'react';
import { Button } from '../ui/button.tsx';
import { Pairs } from './pairs.tsx';
import { Parts } from './parts.tsx';
import { bodyKinds, isBodyKind, jsonFault, type RequestDraft, takesBody } from './request.ts';

interface BodyEditorProps {
  readonly request: RequestDraft;
  readonly onChange: (change: Partial<RequestDraft>) => void;
}

/** What a request carries. */
export function BodyEditor({ request, onChange }: BodyEditorProps): ReactNode {
  const { bodyKind, method } = request;
  return (
    <div className="column run-body">
      <div className="row">
        <select
          className="input run-select"
          aria-label="Body type"
          value={bodyKind}
          onChange={(event) => isBodyKind(event.target.value) && onChange({ bodyKind: event.target.value })}
        >
          {Object.entries(bodyKinds).map(([kind, label]) => (
            <option key={kind} value={kind}>
              {label}
            </option>
          ))}
        </select>
        {bodyKind === 'json' && <FormatButton request={request} onChange={onChange} />}
        {bodyKind !== 'none' && !takesBody(method) && <span className="muted">Not sent with {method}</span>}
      </div>
      <Content request={request} onChange={onChange} />
    </div>
  );
}

function Content({ request, onChange }: BodyEditorProps): ReactNode {
  switch (request.bodyKind) {
    case 'json':
      return <JsonField request={request} onChange={onChange} />;
    case 'text':
      return (
        <textarea
          className="input mono run-text"
          aria-label="Body"
          spellCheck={false}
          value={request.text}
          onChange={(event) => onChange({ text: event.target.value })}
        />
      );
    case 'form':
      return <Pairs label="Field" pairs={request.form} onChange={(form) => onChange({ form })} />;
    case 'multipart':
      return <Parts parts={request.parts} onChange={(parts) => onChange({ parts })} />;
    case 'none':
      return <p className="muted">The request has no body.</p>;
    default:
      return null;
  }
}

function JsonField({ request, onChange }: BodyEditorProps): ReactNode {
  const id = useId();
  const fault = jsonFault(request.json);
  return (
    <>
      <textarea
        className="input mono run-text"
        aria-label="Body"
        aria-invalid={fault !== undefined}
        aria-describedby={fault === undefined ? undefined : id}
        placeholder='{ "name": "Ada" }'
        spellCheck={false}
        value={request.json}
        onChange={(event) => onChange({ json: event.target.value })}
      />
      {fault !== undefined && (
        <p id={id} className="run-fault" role="status">
          No JSON: {fault}
        </p>
      )}
    </>
  );
}

function FormatButton({ request, onChange }: BodyEditorProps): ReactNode {
  const unable = request.json.trim() === '' || jsonFault(request.json) !== undefined;
  return (
    <Button kind="quiet" disabled={unable} onClick={() => onChange({ json: JSON.stringify(JSON.parse(request.json), undefined, 2) })}>
      <Braces size={14} aria-hidden /> Format
    </Button>
  );
}
