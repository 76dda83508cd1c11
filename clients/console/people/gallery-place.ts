// Where somebody was in the gallery before they opened a person, so that the way back leads there again. Gone with the view.
import { linkTo } from '../app/router.js';

export interface GalleryPlace {
  readonly search: string;
  readonly scrollPx: number;
  /** Cards that were asked for. */
  readonly cards: number;
}

let left: GalleryPlace | undefined;

export function leaveGallery(place: GalleryPlace): void {
  left = place;
}

/** The place that was left, for the same search. */
export function placeLeft(search: string): GalleryPlace | undefined {
  return left?.search === search ? left : undefined;
}

export function forgetPlace(): void {
  left = undefined;
}

/** With the search that was left. */
export function galleryAddress(): string {
  return linkTo('people', [], { search: left?.search });
}
