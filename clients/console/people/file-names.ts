// Whom a picture shows, guessed from where it lies: the folder is the person, else the file's name without what cameras and
// people put after it. A guess to be corrected by the user, never more.

/** What cameras and phones name their files. */
const CAMERA_NAMES =
  /^(img|dsc|dscn|dscf|pxl|dcim|image|photo|picture|screenshot|whatsapp image|bild|foto|imagen|captura)(?!\p{L})/iu;

/** @param path as in `people/Anna Berg/2.jpg` @returns empty where nothing can be guessed */
export function nameFromPath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '');
  const file = parts.at(-1) ?? '';
  const folder = parts.length > 1 ? parts.at(-2) : undefined;
  const words = readable(folder ?? file.replace(/\.[a-z0-9]+$/i, ''));
  if (CAMERA_NAMES.test(words)) return '';
  const name = folder === undefined ? withoutCounter(words) : words;
  return /\p{L}/u.test(name) ? capitalised(name) : '';
}

function readable(text: string): string {
  // Macs write the names of files with every accent apart.
  return text
    .normalize('NFC')
    .replace(/[_.\-+]+/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

/** `anna 2`, `anna (3)`, `anna copy`, `anna2` */
function withoutCounter(text: string): string {
  return text
    .replace(/\s*\(\d+\)$/, '')
    .replace(/\s+(copy|copia|kopie|crop|cropped|small|edit)$/i, '')
    .replace(/\s*\d+$/, '')
    .replace(/\s+(copy|copia|kopie|crop|cropped|small|edit)$/i, '')
    .trim();
}

/** Only where somebody wrote all in small letters. */
function capitalised(name: string): string {
  if (name !== name.toLocaleLowerCase()) return name;
  return name.replace(/(^|\s)\p{L}/gu, (letter) => letter.toLocaleUpperCase());
}
