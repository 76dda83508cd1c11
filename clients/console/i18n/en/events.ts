// English texts of the view events.

export const events = {
  title: 'Events',
} as const;
