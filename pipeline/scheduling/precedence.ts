// Who goes first where single images and streams both wait: images, but not for more work than streams get meanwhile. An
// image of a hundred faces would otherwise hold everybody's frames up for as long as it takes. Pure.

export class Precedence {
  /** How much more work images were given than streams since both wait. */
  #lead = 0;

  /** Whether the next is an image. @param images whether any waits @param streams whether any of theirs waits */
  isImageNext(images: boolean, streams: boolean): boolean {
    return images && (!streams || this.#lead <= 0);
  }

  /** Work is given to either, or was more (less) than was thought. @param work in a unit of the caller's */
  gave(isImage: boolean, work: number): void {
    // Nobody saves up what they did not ask for.
    this.#lead = Math.max(0, this.#lead + (isImage ? work : -work));
  }

  /** No stream waits: images owe nobody anything. */
  forget(): void {
    this.#lead = 0;
  }
}
