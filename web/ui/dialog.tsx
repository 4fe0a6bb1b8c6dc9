import { X } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import { type ReactNode, type SubmitEvent, useState } from 'react';
import { Button, type ButtonKind, IconButton } from './button.tsx';
import { overlays } from './overlays.ts';

interface DialogProps {
  readonly title: string;
  /** Called to close it. */
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly footer?: ReactNode;
  readonly wide?: boolean;
  /** What is done on Enter and by a button of type `submit`. */
  readonly onSubmit?: () => void;
}

/** A dialog that is open for as long as it is rendered; focus goes back to where it was. */
export function Dialog({ title, onClose, children, footer, wide = false, onSubmit }: DialogProps): ReactNode {
  // Taken before anything in the dialog takes it. Radix would give it back to what opens a dialog, of which it knows nothing here.
  const [before] = useState(() => document.activeElement);
  const giveBack = (event: Event): void => {
    event.preventDefault();
    // What was chosen may have led elsewhere.
    if (document.activeElement === document.body && before instanceof HTMLElement) before.focus();
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    onSubmit?.();
  };
  const content = (
    <>
      <div className="body">{children}</div>
      {footer !== undefined && <footer>{footer}</footer>}
    </>
  );
  return (
    <Radix.Root open onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal container={overlays()}>
        <Radix.Overlay className="overlay" />
        <Radix.Content
          className={`dialog ${wide ? 'wide' : ''}`}
          aria-describedby={undefined}
          onOpenAutoFocus={focusFirst}
          onCloseAutoFocus={giveBack}
        >
          <header>
            <Radix.Title asChild>
              <h2>{title}</h2>
            </Radix.Title>
            <Radix.Close asChild>
              <IconButton label="Close" icon={<X size={16} />} />
            </Radix.Close>
          </header>
          {onSubmit ? (
            <form className="column" onSubmit={submit}>
              {content}
            </form>
          ) : (
            content
          )}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/**
 * Focuses what the dialog asks for, or what it offers to do: Radix would take the first button, which
 * closes it. What there is to read first (a wide dialog, one without a question) gets the focus itself, so
 * that Enter decides nothing.
 */
function focusFirst(event: Event): void {
  const dialog = event.currentTarget;
  if (!(dialog instanceof HTMLElement)) return;
  event.preventDefault();
  const wanted = dialog.classList.contains('wide') ? [] : ['.body :is(input, textarea, select)', 'footer .primary', 'footer button'];
  const target = wanted.map((selector) => dialog.querySelector<HTMLElement>(selector)).find((one) => one !== null);
  (target ?? dialog).focus();
}

interface ConfirmProps {
  readonly title: string;
  readonly children: ReactNode;
  /** The words of the button that does it. */
  readonly action: string;
  readonly kind?: ButtonKind;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Asks before something is done. */
export function Confirm({ title, children, action, kind = 'primary', onConfirm, onClose }: ConfirmProps): ReactNode {
  const footer = (
    <>
      <Button onClick={onClose}>Cancel</Button>
      <Button
        kind={kind}
        onClick={() => {
          onClose();
          onConfirm();
        }}
      >
        {action}
      </Button>
    </>
  );
  return (
    <Dialog title={title} onClose={onClose} footer={footer}>
      {children}
    </Dialog>
  );
}
