// The head of a view: its title, which takes the focus when the view is opened, and what can be done in it.
import type { ComponentChildren } from 'preact';

interface ViewHeaderProps {
  readonly title: string;
  /** One line about what is seen. */
  readonly subtitle?: ComponentChildren;
  readonly actions?: ComponentChildren;
}

export function ViewHeader({ title, subtitle, actions }: ViewHeaderProps) {
  return (
    <header class="view-header">
      <div class="view-title">
        <h1 tabIndex={-1}>{title}</h1>
        {subtitle !== undefined && <p>{subtitle}</p>}
      </div>
      {actions !== undefined && <div class="view-actions">{actions}</div>}
    </header>
  );
}
