// English texts of the view people.

export const people = {
  title: 'People',
} as const;
