import { Download } from 'lucide-react';
import { type ReactNode, useMemo, useState } from 'react';
import type { RunResult } from '../api/queries.ts';
import { Button } from '../ui/button.tsx';
import { CopyButton, Note } from '../ui/feedback.tsx';
import { bytesText } from '../ui/time.tsx';
import { ScrollRegion } from '../ui/scroll-region.tsx';
import { bytesOf, type Content, contentOf } from './content.ts';
import { JsonText } from './json-text.tsx';

/** The body of a response: JSON indented, pictures as pictures, HTML as text or as a page without scripts. */
export function BodyView({ response }: { readonly response: RunResult['response'] }): ReactNode {
  const content = useMemo(() => contentOf(response), [response]);
  const [preview, setPreview] = useState(false);
  if (content.kind === 'empty') return <p className="muted run-pane">The body is empty.</p>;
  return (
    <>
      <div className="row run-body-bar">
        <span className="muted clip grow">{content.type === '' ? 'No content type' : content.type}</span>
        {content.kind === 'html' && (
          <Button kind="quiet" aria-pressed={preview} onClick={() => setPreview(!preview)}>
            Preview
          </Button>
        )}
        {content.text !== '' && <CopyButton label="Copy the body" text={content.text} />}
        <Button kind="quiet" className="icon" aria-label="Download the body" onClick={() => download(response, content)}>
          <Download size={15} aria-hidden />
        </Button>
      </div>
      {response.truncated && <Note tone="warn">The body is longer: a run keeps {bytesText(content.size)} of it.</Note>}
      {content.kind === 'html' && preview ? (
        <iframe className="run-preview" title="Preview of the body" sandbox="" srcDoc={response.body} />
      ) : (
        <ScrollRegion label="Body of the response" className="run-content">
          <Shown response={response} content={content} />
        </ScrollRegion>
      )}
    </>
  );
}

function Shown({ response, content }: { readonly response: RunResult['response']; readonly content: Content }): ReactNode {
  switch (content.kind) {
    case 'json':
      return <JsonText text={content.text} />;
    case 'image':
      return <img className="run-image" alt="The body of the response" src={`data:${content.type};base64,${response.body}`} />;
    case 'binary':
      return <p className="muted">{bytesText(content.size)} that are no text: download them.</p>;
    case 'empty':
    case 'html':
    case 'text':
    default:
      return <pre className="run-plain">{content.text}</pre>;
  }
}

function download(response: RunResult['response'], { type }: Content): void {
  const data = response.encoding === 'base64' ? bytesOf(response.body) : response.body;
  const address = URL.createObjectURL(new Blob([data], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = `response.${/^\w+\/(?:[\w.-]+\+)?(\w+)$/.exec(type)?.[1] ?? 'bin'}`;
  link.click();
  URL.revokeObjectURL(address);
}
