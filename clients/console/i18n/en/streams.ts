// English texts of the view streams.

export const streams = {
  title: 'Streams',
} as const;
