// What keeps the service from starting and its user can mend; the message is the one line to show.

export class StartError extends Error {
  override readonly name = 'StartError';
}
