// Buttons, and links that look like them. One without a text must be given a `label`.
import type { ComponentChildren, ButtonHTMLAttributes } from 'preact';
import { Icon, type IconName } from './icon.js';

interface Looks {
  /** `primary` once a view at most; `quiet` has no frame. */
  readonly kind?: 'primary' | 'plain' | 'quiet' | 'danger' | undefined;
  readonly icon?: IconName | undefined;
  /** Name for screen readers and the tooltip of a button that is but an icon. */
  readonly label?: string | undefined;
  readonly children?: ComponentChildren;
}
type ButtonProps = Looks &
  Omit<ButtonHTMLAttributes, 'icon' | 'label'> & {
    /** Work is under way: the button stays where it is, and takes no clicks. */
    readonly busy?: boolean | undefined;
  };

export function Button({ kind = 'plain', icon, label, busy, children, disabled, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      class={classOf(kind, children, rest.class)}
      aria-label={label}
      title={label}
      aria-busy={busy}
      disabled={(disabled ?? false) || (busy ?? false)}
    >
      {busy ? <span class="spinner" aria-hidden="true" /> : icon && <Icon name={icon} size={18} />}
      {children !== undefined && <span class="button-text">{children}</span>}
    </button>
  );
}

interface LinkButtonProps extends Looks {
  readonly href: string;
  /** Before the link is followed. */
  readonly onClick?: (() => void) | undefined;
}

export function LinkButton({ kind = 'plain', icon, label, href, onClick, children }: LinkButtonProps) {
  return (
    <a class={classOf(kind, children)} href={href} aria-label={label} title={label} onClick={onClick}>
      {icon && <Icon name={icon} size={18} />}
      {children !== undefined && <span class="button-text">{children}</span>}
    </a>
  );
}

function classOf(kind: string, children: ComponentChildren, more?: unknown): string {
  return ['button', `button-${kind}`, children === undefined && 'button-icon', typeof more === 'string' && more]
    .filter((name) => name !== false)
    .join(' ');
}
