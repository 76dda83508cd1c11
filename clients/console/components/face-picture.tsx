// A face, or the initials of its name where no picture of it is kept. What it shows is said in words beside it.
import { useEffect, useState } from 'preact/hooks';
import { Icon } from './icon.js';

interface FacePictureProps {
  /** Where the picture is; absent where there is none, so that nothing is asked for in vain. */
  readonly url?: string | undefined;
  /** Picture as JPEG, in place of an address. */
  readonly jpeg?: Uint8Array | undefined;
  /** For the initials; empty for somebody unknown. */
  readonly name?: string | undefined;
  readonly size?: 'small' | 'medium' | 'large' | 'fill' | undefined;
}

export function FacePicture({ url, jpeg, name = '', size = 'medium' }: FacePictureProps) {
  const made = useBlobUrl(jpeg);
  const shown = made ?? url;
  const [failed, setFailed] = useState<string>();
  const isShown = shown !== undefined && failed !== shown;
  return (
    <span class={`face face-${size} ${isShown ? '' : `face-tint-${tintOf(name)}`}`}>
      {isShown ? (
        <img src={shown} alt="" loading="lazy" decoding="async" onError={() => setFailed(shown)} />
      ) : name === '' ? (
        <Icon name="user" size={size === 'large' || size === 'fill' ? 40 : 22} />
      ) : (
        <span aria-hidden="true">{initialsOf(name)}</span>
      )}
    </span>
  );
}

function useBlobUrl(jpeg: Uint8Array | undefined): string | undefined {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    if (!jpeg) return setUrl(undefined);
    const made = URL.createObjectURL(new Blob([jpeg as Uint8Array<ArrayBuffer>], { type: 'image/jpeg' }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [jpeg]);
  return url;
}

const TINTS = 6;

function tintOf(name: string): string {
  if (name === '') return 'none';
  let sum = 0;
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 65_521;
  return String(sum % TINTS);
}

/** The first letters of the first and the last word. */
export function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return letters
    .map((word) => Array.from(word ?? '')[0] ?? '')
    .join('')
    .toLocaleUpperCase();
}
