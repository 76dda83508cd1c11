// Why a store could not be opened, as one line for whoever starts the service.

/** Stops the start: the message says in one line what is wrong and what to do, and holds no personal data. */
export class StoreOpenError extends Error {
  override readonly name = 'StoreOpenError';
}
