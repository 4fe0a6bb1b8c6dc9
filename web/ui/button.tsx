import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import { Tooltip } from './tooltip.tsx';

export type ButtonKind = 'plain' | 'primary' | 'danger' | 'quiet';

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly kind?: ButtonKind;
  readonly ref?: Ref<HTMLButtonElement>;
}

/** A button with words. */
export function Button({ kind = 'plain', className = '', type = 'button', ...rest }: ButtonProps): ReactNode {
  return <button type={type} className={`button ${kind} ${className}`} {...rest} />;
}

interface IconButtonProps extends Omit<ButtonProps, 'children'> {
  /** What it does, for its tooltip and for those who do not see it. */
  readonly label: string;
  /** Its shortcut, as in `Command`. */
  readonly keys?: string;
  readonly icon: ReactNode;
}

/** A button that is a picture. */
export function IconButton({ label, keys, icon, kind = 'quiet', className = '', ...rest }: IconButtonProps): ReactNode {
  return (
    <Tooltip text={label} {...(keys !== undefined && { keys })}>
      <Button kind={kind} className={`icon ${className}`} aria-label={label} {...rest}>
        {icon}
      </Button>
    </Tooltip>
  );
}
