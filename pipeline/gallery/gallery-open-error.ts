// Why a gallery could not be opened, as one line for whoever starts the service.

/** Stops the start: the message says in one line what is wrong and what to do, and holds no personal data. */
export class GalleryOpenError extends Error {
  override readonly name = 'GalleryOpenError';
}

/** @param reason in a few words, without names */
export function damagedGallery(dir: string, reason: string): GalleryOpenError {
  return new GalleryOpenError(
    `The gallery in ${dir} is damaged (${reason}): put back a copy of its gallery.mdb, or move that file away, start again and import the last export.`,
  );
}
