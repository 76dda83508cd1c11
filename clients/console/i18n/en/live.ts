// English texts of the view live.

export const live = {
  title: 'Live',
} as const;
