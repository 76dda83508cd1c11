// Lists that come page by page. Must never hold more than one page.

export interface Page {
  /** Items of a page at most. */
  readonly limit?: number;
  /** The `next` of the page before. */
  readonly after?: string;
}

/** All items of a paged list, asked for as they are needed. */
export async function* everyItem<P extends { readonly next?: string }, Item>(
  list: (after: { readonly after?: string }) => Promise<P>,
  itemsOf: (page: P) => readonly Item[],
): AsyncGenerator<Item> {
  let after: { readonly after?: string } = {};
  for (;;) {
    const page = await list(after);
    yield* itemsOf(page);
    if (page.next === undefined) return;
    after = { after: page.next };
  }
}
