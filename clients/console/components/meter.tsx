// A number between 0 and 1 as a bar with its words beside it.
interface MeterProps {
  readonly label: string;
  /** 0..1 */
  readonly value: number;
  readonly text: string;
  /** The label is seen too, where nothing beside it says what is measured. */
  readonly showLabel?: boolean | undefined;
  readonly tone?: 'ok' | 'warn' | 'bad' | 'accent' | undefined;
}

export function Meter({ label, value, text, showLabel = false, tone = 'accent' }: MeterProps) {
  const share = Math.min(1, Math.max(0, value));
  return (
    <span class="meter" role="img" aria-label={`${label}: ${text}`} title={`${label}: ${text}`}>
      {showLabel && (
        <span class="meter-text" aria-hidden="true">
          {label}
        </span>
      )}
      <span class="meter-track">
        <span class={`meter-bar meter-${tone}`} style={{ width: `${share * 100}%` }} />
      </span>
      <span class="meter-text" aria-hidden="true">
        {text}
      </span>
    </span>
  );
}
